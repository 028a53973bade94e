import { digest } from "../chance.ts";
import { compose, type Prompt, promptTokens, quote, tokensOf } from "../composer.ts";
import { sampleOf } from "../json-sample.ts";
import { textOf } from "../openai/prompt.ts";
import { type Answer, NO_TOKENS } from "../protocol.ts";
import { type ParamsRules, problemOf } from "./params-check.ts";

/** The answer to one request's `params`: a Message, or the error that Anthropic gives for them. */
export function anthropicAnswer(
  params: Record<string, unknown>,
  rules: ParamsRules,
  tier: ServiceTier,
): Answer {
  const problem = problemOf(params, rules);
  if (problem) return failed(problem.type === "not_found_error" ? 404 : 400, problem.type, problem.message);
  const prompt = promptOf(params);
  const composed = compose(prompt);
  const tool = toolUse(params, prompt, composed.mark);
  const thought = thinking(params);
  const reasoning = tokensOf(thought?.thinking ?? "");
  const output = composed.tokens + reasoning;
  const usage = { ...NO_TOKENS, input: promptTokens(prompt.texts), output, reasoning };
  const answer = tool ?? { type: "text", text: composed.text, citations: null };
  return {
    status: 200,
    body: messageBody({
      id: digest("message", composed.mark, composed.text).slice(0, 24),
      model: String(params["model"]),
      content: thought ? [thought, answer] : [answer],
      stop_reason: stopReason(tool !== null, composed.cut),
      usage,
      tier,
    }),
    usage,
  };
}

/** The block that comes before the answer when the request asks for thinking. */
function thinking(
  params: Record<string, unknown>,
): { type: string; thinking: string; signature: string } | null {
  const { type } = (params["thinking"] ?? {}) as { type?: string };
  if (type !== "enabled" && type !== "adaptive") return null;
  const text = "No model was asked, so nothing was thought.";
  return { type: "thinking", thinking: text, signature: digest(text) };
}

/** An error in the form of Anthropic's API, as an answer. */
export function failed(status: number, type: string, message: string): Answer {
  return { status, body: { type: "error", error: { type, message } }, usage: NO_TOKENS };
}

/** `service_tier` of a Message's usage. */
export type ServiceTier = "batch" | "standard";

/** The parts of a Message that differ between two answers. */
export interface MessageParts {
  id: string;
  model: string;
  content: unknown[];
  stop_reason: string;
  usage: Answer["usage"];
  tier: ServiceTier;
}

/** A Message of Anthropic's API. */
export function messageBody({ id, model, content, stop_reason, usage, tier }: MessageParts): unknown {
  return {
    id: `msg_${id}`,
    type: "message",
    role: "assistant",
    model,
    content,
    stop_reason,
    stop_sequence: null,
    stop_details: null,
    container: null,
    diagnostics: null,
    usage: {
      input_tokens: usage.input - usage.cached - usage.written,
      cache_creation_input_tokens: usage.written,
      cache_read_input_tokens: usage.cached,
      cache_creation: { ephemeral_5m_input_tokens: usage.written, ephemeral_1h_input_tokens: 0 },
      output_tokens: usage.output,
      output_tokens_details: usage.reasoning > 0 ? { thinking_tokens: usage.reasoning } : null,
      server_tool_use: null,
      service_tier: tier,
      inference_geo: null,
      speed: null,
    },
  };
}

/** Texts of a request, `system` first. */
export function promptOf(params: Record<string, unknown>): Prompt {
  const messages = (params["messages"] as { role: string; content: unknown }[]).map(({ role, content }) => ({
    role,
    text: textOf(content),
  }));
  const texts = messages.map(({ text }) => text);
  if (params["system"] !== undefined) texts.unshift(textOf(params["system"]));
  const question = messages.findLast(({ role }) => role === "user")?.text ?? "";
  return { question, texts, json: jsonAsked(params), max_tokens: Number(params["max_tokens"]) };
}

function jsonAsked(params: Record<string, unknown>): Prompt["json"] {
  const config = params["output_config"] as { format?: { schema?: Record<string, unknown> } } | undefined;
  return config?.format?.schema;
}

function stopReason(tool: boolean, cut: boolean): string {
  if (tool) return "tool_use";
  return cut ? "max_tokens" : "end_turn";
}

/** A use of the tool that the request insists on: the one named in `tool_choice`, or the first when any will do. */
function toolUse(params: Record<string, unknown>, prompt: Prompt, mark: string): unknown {
  const tools = params["tools"];
  const choice = params["tool_choice"] as { type?: string; name?: string } | undefined;
  if (!Array.isArray(tools) || (choice?.type !== "tool" && choice?.type !== "any")) return null;
  const tool = tools.find((one) => choice.name === undefined || one?.name === choice.name);
  if (!tool) return null;
  const input = sampleOf(tool.input_schema, quote(prompt.question));
  return { type: "tool_use", id: `toolu_${mark}`, name: tool.name, input, caller: { type: "direct" } };
}
