import type { FinishReason, LLMResponse, ToolCall, Usage } from "../../models.ts";
import { NO_USAGE } from "../../money/sums.ts";
import type { ItemOutcome } from "../provider.ts";
import type { Json } from "./json.ts";

/** A model's answer as read from a provider's body, before it is judged. */
export interface Answer {
  content: string;
  thinking: string[];
  tool_calls: ToolCall[];
  finish_reason: FinishReason;
  usage: Usage;
  /** What the model or the provider said when it refused; null when it did not. */
  refusal: string | null;
  /** Set when the body is no answer at all: what is wrong with it, and whether to try again. */
  failure?: { error: string; retryable: boolean };
  /** Set when the answer is data rather than text (embeddings). */
  parsed?: LLMResponse["parsed"];
}

/** An answer of which nothing is known yet. */
export function emptyAnswer(): Answer {
  return { content: "", thinking: [], tool_calls: [], finish_reason: "stop", usage: NO_USAGE, refusal: null };
}

/** A body that cannot be read as an answer: that item's error, never the batch's. */
export function noAnswer(error: string, retryable: boolean): Answer {
  return { ...emptyAnswer(), finish_reason: "error", failure: { error, retryable } };
}

/**
 * The outcome of an item whose request the provider answered. A refusal or a content filter is an
 * error that keeps its response; an answer cut at `max_tokens` is an answer, with `length`.
 */
export function answered(custom_id: string, answer: Answer, body: unknown, raw: Json): ItemOutcome {
  const response: LLMResponse = {
    content: answer.content,
    thinking: answer.thinking.length > 0 ? answer.thinking.join("\n\n") : null,
    parsed: answer.parsed === undefined ? parsedContent(answer.content) : answer.parsed,
    tool_calls: answer.tool_calls,
    finish_reason: answer.refusal === null ? answer.finish_reason : "content_filter",
    usage: answer.usage,
    raw: body,
  };
  if (answer.failure) {
    return { custom_id, status: "failed", response, ...answer.failure, raw };
  }
  if (answer.refusal !== null) {
    const error = `content_filter: ${answer.refusal}`;
    return { custom_id, status: "failed", response, error, raw, retryable: false };
  }
  return { custom_id, status: "succeeded", response, error: null, raw, retryable: false };
}

/** The outcome of an item that got no answer. */
export function unanswered(
  custom_id: string | null,
  status: "failed" | "expired" | "cancelled",
  error: string,
  retryable: boolean,
  raw: unknown,
): ItemOutcome {
  return { custom_id, status, response: null, error, raw, retryable };
}

/**
 * The content as JSON, when the whole of it is one object or array, or one fenced block of it.
 * With prose around the fence it is prose: null.
 */
function parsedContent(content: string): LLMResponse["parsed"] {
  const text = content.trim();
  const fenced = /^```[\w-]*[ \t]*\r?\n([\s\S]*)\n[ \t]*```$/.exec(text)?.[1]?.trim();
  const json = fenced ?? text;
  // Most answers are prose: a look at the first character is cheaper than a failed parse.
  if (json[0] !== "{" && json[0] !== "[") return null;
  const value = parsedOr(json, null);
  return typeof value === "object" ? (value as LLMResponse["parsed"]) : null;
}

/** The JSON value of a text, or `otherwise` when it is not JSON. */
export function parsedOr(text: string, otherwise: unknown): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return otherwise;
  }
}

/** Whether an HTTP status tells of a fault that may pass: timeout, conflict, rate limit, the provider's own. */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500;
}
