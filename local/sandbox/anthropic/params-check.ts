import type { ModelNames } from "../model-names.ts";
import { BETA_PARAM_NAMES, BLOCK_TYPES, PARAM_NAMES } from "./params.ts";

/** Why a request is refused: the `error` object inside an `errored` result. */
export interface ParamsProblem {
  type: "invalid_request_error" | "not_found_error";
  message: string;
}

/** What a check of `params` depends on. */
export interface ParamsRules {
  models: ModelNames;
  /** Whether the call came with an `anthropic-beta` header. */
  beta: boolean;
}

/** Why Anthropic would refuse these `params`, or null. */
export function problemOf(
  params: Record<string, unknown>,
  { models, beta }: ParamsRules,
): ParamsProblem | null {
  const unknown = Object.keys(params).find(
    (name) => !PARAM_NAMES.has(name) && !(beta && BETA_PARAM_NAMES.has(name)),
  );
  if (unknown !== undefined) return invalid(`${unknown}: Extra inputs are not permitted`);
  const { model, messages, max_tokens, temperature } = params;
  if (params["stream"] === true)
    return invalid("stream: streaming is not supported in the Message Batches API");
  for (const field of ["model", "messages", "max_tokens"]) {
    if (params[field] === undefined) return invalid(`${field}: Field required`);
  }
  if (typeof model !== "string") return invalid("model: Input should be a valid string");
  if (!Array.isArray(messages)) return invalid("messages: Input should be a valid list");
  if (messages.length === 0) return invalid("messages: at least one message is required");
  if (typeof max_tokens !== "number" || !Number.isInteger(max_tokens) || max_tokens < 1) {
    return invalid("max_tokens: Input should be a valid integer greater than or equal to 1");
  }
  if (temperature !== undefined) {
    if (typeof temperature !== "number") return invalid("temperature: Input should be a valid number");
    if (temperature > 1) return invalid("temperature: range: 0..1");
    if (temperature < 0) return invalid("temperature: range: 0..1");
  }
  const problem = messageProblem(messages);
  if (problem) return problem;
  if (!models.has(model))
    return { type: "not_found_error", message: `model: ${model}.${models.didYouMean(model)}` };
  return null;
}

function messageProblem(messages: unknown[]): ParamsProblem | null {
  for (const [at, message] of messages.entries()) {
    const { role, content } = (message ?? {}) as Record<string, unknown>;
    if (role === "system") {
      return invalid(
        'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter.',
      );
    }
    if (role !== "user" && role !== "assistant")
      return invalid(`messages.${at}.role: Input should be 'user' or 'assistant'`);
    if (content === undefined || content === null) return invalid(`messages.${at}.content: Field required`);
    if (content === "" || (Array.isArray(content) && content.length === 0)) {
      if (role === "user") return invalid(`messages.${at}: user messages must have non-empty content`);
    }
    const found = blockProblem(`messages.${at}.content`, content);
    if (found) return found;
  }
  return null;
}

function blockProblem(where: string, content: unknown): ParamsProblem | null {
  if (typeof content === "string") return null;
  if (!Array.isArray(content)) return invalid(`${where}: Input should be a valid list`);
  for (const [at, block] of content.entries()) {
    const type = block?.type;
    if (BLOCK_TYPES.has(type)) continue;
    const expected = [...BLOCK_TYPES].map((name) => `'${name}'`).join(", ");
    return invalid(
      type === undefined
        ? `${where}.${at}.type: Field required`
        : `${where}.${at}: Input tag '${type}' found using 'type' does not match any of the expected tags: ${expected}`,
    );
  }
  return null;
}

function invalid(message: string): ParamsProblem {
  return { type: "invalid_request_error", message };
}
