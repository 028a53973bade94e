import { kindOf, reasons } from "../model-names.ts";
import { CHAT_PART_TYPES, PARAMS, RESPONSE_PART_TYPES } from "./params.ts";

/** The `error` object of a refused request, as it stands in the error file. */
export interface RequestProblem {
  message: string;
  type: "invalid_request_error";
  param: string | null;
  code: string | null;
}

/**
 * Why OpenAI would answer 400 to this request, or null.
 * @param anyParam whether parameters that OpenAI does not have are fine, as at compatible services
 */
export function problemOf(
  endpoint: string,
  body: Record<string, unknown>,
  anyParam = false,
): RequestProblem | null {
  return (
    wrongModel(endpoint, String(body["model"])) ??
    (anyParam ? null : unknownParam(endpoint, body)) ??
    badParams(endpoint, body)
  );
}

/** Moderation costs nothing: its models are in no price list. */
const MODERATION = /^(omni|text)-moderation-/;

function wrongModel(endpoint: string, model: string): RequestProblem | null {
  const wanted = endpoint === "/v1/embeddings" ? "embedding" : "chat";
  if (endpoint === "/v1/moderations") {
    if (MODERATION.test(model)) return null;
    return problem(`Invalid value: '${model}' is no moderation model.`, "model", "invalid_value");
  }
  if (kindOf(model) === wanted) return null;
  const message =
    wanted === "chat"
      ? `This is not a chat model and thus not supported in the ${endpoint} endpoint: '${model}'.`
      : `You are not allowed to generate embeddings from this model: '${model}'.`;
  return problem(message, "model", null);
}

function unknownParam(endpoint: string, body: Record<string, unknown>): RequestProblem | null {
  const known = PARAMS.get(endpoint);
  const unknown = Object.keys(body).find((name) => known && !known.has(name));
  return unknown === undefined
    ? null
    : problem(`Unknown parameter: '${unknown}'.`, unknown, "unknown_parameter");
}

function badParams(endpoint: string, body: Record<string, unknown>): RequestProblem | null {
  if (endpoint === "/v1/embeddings") return required(body, "input") ?? badDimensions(body["dimensions"]);
  if (endpoint === "/v1/moderations") return required(body, "input");
  if (endpoint === "/v1/completions") return required(body, "prompt") ?? outOfRange(body);
  const unasked =
    required(body, endpoint === "/v1/responses" ? "input" : "messages") ?? badMessages(endpoint, body);
  return unasked ?? reasoningProblem(endpoint, body) ?? outOfRange(body);
}

/** The largest embeddings have 3,072 dimensions. */
function badDimensions(dimensions: unknown): RequestProblem | null {
  if (!isSet(dimensions)) return null;
  if (Number.isInteger(dimensions) && Number(dimensions) >= 1 && Number(dimensions) <= 3072) return null;
  const message = "Invalid 'dimensions': expected an integer from 1 to 3072.";
  return problem(message, "dimensions", "invalid_value");
}

function required(body: Record<string, unknown>, param: string): RequestProblem | null {
  return isSet(body[param]) ? null : missing(param);
}

function missing(param: string): RequestProblem {
  return problem(`Missing required parameter: '${param}'.`, param, "missing_required_parameter");
}

function badMessages(endpoint: string, body: Record<string, unknown>): RequestProblem | null {
  if (endpoint === "/v1/responses") return badInput(body["input"]);
  const messages = body["messages"];
  if (!Array.isArray(messages)) {
    return problem("Invalid type for 'messages': expected an array of objects.", "messages", "invalid_type");
  }
  if (messages.length === 0) {
    return problem(
      "Invalid 'messages': empty array. Expected an array with minimum length 1.",
      "messages",
      "empty_array",
    );
  }
  for (const [at, message] of messages.entries()) {
    const found = badMessage(`messages[${at}]`, message ?? {});
    if (found) return found;
  }
  return null;
}

const ROLES = ["system", "assistant", "user", "function", "tool", "developer"];

function badMessage(param: string, message: Record<string, unknown>): RequestProblem | null {
  const { role, content } = message;
  if (typeof role !== "string") return missing(`${param}.role`);
  if (!ROLES.includes(role)) {
    const supported = ROLES.map((one) => `'${one}'`).join(", ");
    const text = `Invalid value: '${role}'. Supported values are: ${supported}.`;
    return problem(text, `${param}.role`, "invalid_value");
  }
  // An assistant that called a tool may have said nothing.
  if (role !== "assistant" && !isSet(content)) return missing(`${param}.content`);
  return badParts(`${param}.content`, content, CHAT_PART_TYPES);
}

function badInput(input: unknown): RequestProblem | null {
  if (!Array.isArray(input)) return null;
  for (const [at, item] of input.entries()) {
    const found = badParts(`input[${at}].content`, item?.content, RESPONSE_PART_TYPES);
    if (found) return found;
  }
  return null;
}

function badParts(param: string, content: unknown, types: ReadonlySet<string>): RequestProblem | null {
  if (!Array.isArray(content)) return null;
  for (const [at, part] of content.entries()) {
    if (types.has(part?.type)) continue;
    const supported = [...types].map((one) => `'${one}'`).join(", ");
    const text = `Invalid value: '${part?.type}'. Supported values are: ${supported}.`;
    return problem(text, `${param}[${at}].type`, "invalid_value");
  }
  return null;
}

function reasoningProblem(endpoint: string, body: Record<string, unknown>): RequestProblem | null {
  if (!reasons(String(body["model"]))) return null;
  if (endpoint === "/v1/chat/completions" && isSet(body["max_tokens"])) {
    const message =
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
    return problem(message, "max_tokens", "unsupported_parameter");
  }
  for (const param of ["temperature", "top_p"]) {
    if (!isSet(body[param]) || body[param] === 1) continue;
    const message = `Unsupported value: '${param}' does not support ${body[param]} with this model. Only the default (1) value is supported.`;
    return problem(message, param, "unsupported_value");
  }
  return null;
}

function outOfRange(body: Record<string, unknown>): RequestProblem | null {
  const temperature = body["temperature"];
  if (typeof temperature === "number" && temperature > 2) {
    const message = `Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got ${temperature} instead.`;
    return problem(message, "temperature", "decimal_above_max_value");
  }
  if (typeof temperature === "number" && temperature < 0) {
    const message = `Invalid 'temperature': decimal below minimum value. Expected a value >= 0, but got ${temperature} instead.`;
    return problem(message, "temperature", "decimal_below_min_value");
  }
  const { n } = body;
  if (isSet(n) && !(Number.isInteger(n) && Number(n) >= 1 && Number(n) <= 128))
    return problem("Invalid 'n': expected an integer from 1 to 128.", "n", "invalid_value");
  for (const param of ["max_tokens", "max_completion_tokens", "max_output_tokens"]) {
    const value = body[param];
    if (typeof value !== "number" || value >= 1) continue;
    const message = `Invalid '${param}': integer below minimum value. Expected a value >= 1, but got ${value} instead.`;
    return problem(message, param, "integer_below_min_value");
  }
  return null;
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function problem(message: string, param: string | null, code: string | null): RequestProblem {
  return { message, type: "invalid_request_error", param, code };
}
