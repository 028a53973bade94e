import { elementsOf, isTooDeep, onOneLine, sourceAt } from "../../json/source.ts";
import { isJson, type Json } from "../../json/values.ts";
import type { FinishReason, Usage } from "../../models.ts";
import { NO_USAGE } from "../../money/sums.ts";
import type { ItemAnswer, ItemOutcome, JsonText } from "../provider.ts";

/** A model's answer as read from a provider's body, before it is judged. */
export interface Answer {
  content: string;
  thinking: string[];
  tool_calls: ItemAnswer["tool_calls"];
  finish_reason: FinishReason;
  usage: Usage;
  /** What the model or the provider said when it refused; null when it did not. */
  refusal: string | null;
  /** Set when the body is no answer at all: what is wrong with it, and whether to try again. */
  failure?: { error: string; retryable: boolean };
  /** Set when the answer is data rather than text (embeddings). */
  parsed?: JsonText;
  /** Set when it has parts of kinds that only `raw` shows: images, audio, searches. */
  has_more?: boolean;
}

export function emptyAnswer(): Answer {
  return { content: "", thinking: [], tool_calls: [], finish_reason: "stop", usage: NO_USAGE, refusal: null };
}

/** A body that cannot be read as an answer: that item's error, never the batch's. */
export function noAnswer(error: string, retryable: boolean): Answer {
  return { ...emptyAnswer(), finish_reason: "error", failure: { error, retryable } };
}

/** Vectors as what is parsed. @param text a list of lists; one without a number in it is no answer */
export function vectorsIn(text: JsonText): Pick<Answer, "parsed" | "finish_reason" | "failure"> {
  const vectors = elementsOf(text).map(({ start, end }) => text.slice(start, end));
  const isWhole = vectors.every((vector) => vector.startsWith("[") && sourceAt(vector, 0) !== null);
  if (vectors.length > 0 && isWhole) return { parsed: text, finish_reason: "stop" };
  const { finish_reason, failure } = noAnswer("the answer has no embedding", true);
  return { finish_reason, ...(failure && { failure }) };
}

/** Whether a part has something besides these members: a kind that only `raw` shows, and not an empty one. */
export function hasOther(part: Json, ...names: string[]): boolean {
  return Object.keys(part).some((name) => !names.includes(name));
}

/**
 * The outcome of an item whose request the provider answered. A refusal, a content filter and an answer of nothing
 * are errors that keep their response. An answer cut at `max_tokens` is an answer, with `length`.
 * @param body the provider's response body
 * @param raw the rest of the provider's line
 */
export function answered(custom_id: string, answer: Answer, body: JsonText, raw: JsonText): ItemOutcome {
  const response: ItemAnswer = {
    content: answer.content,
    thinking: answer.thinking.length > 0 ? answer.thinking.join("\n\n") : null,
    parsed: answer.parsed ?? parsedContent(answer.content),
    tool_calls: answer.tool_calls,
    finish_reason: answer.refusal === null ? answer.finish_reason : "content_filter",
    usage: answer.usage,
    raw: onOneLine(body),
  };
  const outcome = { custom_id, response, raw: onOneLine(raw) };
  if (answer.failure) return { ...outcome, status: "failed", ...answer.failure };
  if (answer.refusal !== null) {
    return { ...outcome, status: "failed", error: `content_filter: ${answer.refusal}`, retryable: false };
  }
  const nothing = isEmpty(answer) ? emptyError(answer) : null;
  if (nothing) return { ...outcome, status: "failed", ...nothing };
  return { ...outcome, status: "succeeded", error: null, retryable: false };
}

function isEmpty({ content, tool_calls, parsed, has_more }: Answer): boolean {
  return content.trim() === "" && tool_calls.length === 0 && parsed === undefined && !has_more;
}

/** The same request would use up its tokens again. */
function emptyError({ finish_reason }: Answer): { error: string; retryable: boolean } {
  return finish_reason === "length"
    ? { error: "the model used all of max_tokens before it answered; raise max_tokens", retryable: false }
    : { error: "the answer is empty", retryable: true };
}

/** The outcome of an item that got no answer. `raw`: the provider's line. */
export function unanswered(
  custom_id: string | null,
  status: "failed" | "expired" | "cancelled",
  error: string,
  retryable: boolean,
  raw: JsonText,
): ItemOutcome {
  return { custom_id, status, response: null, error, raw: onOneLine(raw), retryable };
}

/** The part of a line of `results.jsonl` that the provider's line decides: from `status` to the end. */
export function resultTail({ status, response, error, raw }: ItemOutcome): string {
  return `"status":"${status}","response":${responseText(response)},"error":${JSON.stringify(error)},"raw":${raw}}`;
}

function responseText(response: ItemAnswer | null): JsonText {
  if (response === null) return "null";
  const { content, thinking, parsed, tool_calls, finish_reason, usage, raw } = response;
  const calls = tool_calls.map(
    (call) =>
      `{"id":${JSON.stringify(call.id)},"name":${JSON.stringify(call.name)},"arguments":${call.arguments}}`,
  );
  return `{"content":${JSON.stringify(content)},"thinking":${JSON.stringify(thinking)},"parsed":${parsed},"tool_calls":[${calls.join(",")}],"finish_reason":"${finish_reason}","usage":${JSON.stringify(usage)},"raw":${raw}}`;
}

/**
 * The content as JSON, when the whole of it is one object or array, or one fenced block of it.
 * With prose around the fence it is prose: null.
 */
function parsedContent(content: string): JsonText | null {
  const text = content.trim();
  const fenced = /^```[\w-]*[ \t]*\r?\n([\s\S]*)\n[ \t]*```$/.exec(text)?.[1]?.trim();
  const json = fenced ?? text;
  // Most answers are prose: the first character is cheaper than a failed parse.
  if (json[0] !== "{" && json[0] !== "[") return null;
  return isJson(json) && !isTooDeep(json) ? onOneLine(json) : null;
}

/** Whether an HTTP status stands for a fault that may pass: timeout, conflict, rate limit, the provider's own. */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500;
}
