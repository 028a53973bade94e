import type { FinishReason, ToolCall, Usage } from "../../models.ts";
import type { ItemOutcome } from "../provider.ts";
import {
  type Answer,
  answered,
  emptyAnswer,
  isTransientStatus,
  noAnswer,
  parsedOr,
  unanswered,
} from "../wire/answer.ts";
import { countAt, isObject, type Json, numberAt, objectAt, objectsAt, textAt } from "../wire/json.ts";

/** `error.code`s of lines that never ran; https://developers.openai.com/api/docs/guides/batch#batch-expiration */
const NEVER_RAN = new Map<string, { status: "expired" | "cancelled" | "failed"; retryable: boolean }>([
  ["batch_expired", { status: "expired", retryable: true }],
  ["batch_cancelled", { status: "cancelled", retryable: false }],
  ["request_timeout", { status: "failed", retryable: true }],
]);

/**
 * What became of one item, from a line of the output or of the error file:
 * `{id, custom_id, response: {status_code, request_id, body} | null, error: {code, message} | null}`.
 * Never throws: an odd line is that item's error.
 */
export function openaiOutcome(line: unknown): ItemOutcome {
  const custom_id = isObject(line) ? textAt(line, "custom_id") : null;
  if (!isObject(line) || custom_id === null) {
    return unanswered(null, "failed", "the provider's result line has no custom_id", true, line);
  }
  if (isObject(line.error)) return neverRan(custom_id, line.error, line);
  if (!isObject(line.response)) {
    return unanswered(
      custom_id,
      "failed",
      "the provider's result line has neither response nor error",
      true,
      line,
    );
  }
  const response = line.response;
  const status = numberAt(response, "status_code") ?? 200;
  const body = response.body;
  if (status >= 400) return refused(custom_id, status, body, line);
  if (!isObject(body))
    return unanswered(custom_id, "failed", "the provider's answer has no body", true, line);
  const { body: _, ...envelope } = response;
  return answered(custom_id, answerOf(body), body, { ...line, response: envelope });
}

function neverRan(custom_id: string, error: Json, line: Json): ItemOutcome {
  const code = textAt(error, "code") ?? textAt(error, "type") ?? "error";
  const message = textAt(error, "message");
  const known = NEVER_RAN.get(code) ?? {
    status: "failed",
    retryable: !/invalid|not_found|unsupported|denied/.test(code),
  };
  return unanswered(custom_id, known.status, message ? `${code}: ${message}` : code, known.retryable, line);
}

function refused(custom_id: string, status: number, body: unknown, line: Json): ItemOutcome {
  const error = isObject(body) ? (isObject(body.error) ? body.error : body) : {};
  const code = textAt(error, "code") ?? textAt(error, "type");
  const message = textAt(error, "message");
  const text = [`HTTP ${status}`, code, message].filter(Boolean).join(": ");
  // No credit left is a 429 too, and waiting does not help.
  const retryable = isTransientStatus(status) && code !== "insufficient_quota";
  return unanswered(custom_id, "failed", text, retryable, line);
}

/** The endpoints' bodies are told apart by their own keys: compatible servers leave `object` out. */
function answerOf(body: Json): Answer {
  if (Array.isArray(body.choices)) return chatAnswer(body);
  if (Array.isArray(body.output) || body.object === "response") return responsesAnswer(body);
  if (Array.isArray(body.data)) return embeddingsAnswer(body);
  return { ...noAnswer("the provider's answer is of an unknown kind", true), usage: usageOf(body) };
}

function chatAnswer(body: Json): Answer {
  const choice = objectsAt(body, "choices")[0];
  const message = choice?.message;
  if (!choice || !isObject(message))
    return { ...noAnswer("the answer has no message", true), usage: usageOf(body) };
  const tool_calls = objectsAt(message, "tool_calls").map(chatToolCall);
  const content = contentText(message.content);
  const reasoning = textAt(message, "reasoning_content") ?? textAt(message, "reasoning");
  const finish = textAt(choice, "finish_reason");
  return {
    content,
    thinking: reasoning === null ? [] : [reasoning],
    tool_calls,
    finish_reason: CHAT_FINISH.get(finish ?? "") ?? (tool_calls.length > 0 ? "tool_call" : "stop"),
    usage: usageOf(body),
    refusal:
      textAt(message, "refusal") ??
      (finish === "content_filter" ? "the provider's filter cut the answer" : null),
  };
}

const CHAT_FINISH = new Map<string, FinishReason>([
  ["stop", "stop"],
  ["length", "length"],
  ["tool_calls", "tool_call"],
  ["function_call", "tool_call"],
]);

function chatToolCall(call: Json): ToolCall {
  // Custom tools take free text instead of JSON arguments.
  const custom = call.type === "custom";
  const target = objectAt(call, custom ? "custom" : "function");
  const text = target[custom ? "input" : "arguments"];
  return {
    id: textAt(call, "id") ?? "",
    name: textAt(target, "name") ?? "",
    arguments: custom || typeof text !== "string" ? (text ?? null) : parsedOr(text, text),
  };
}

/** Text of a message: a string, or the text parts of a list (compatible servers). */
function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .filter(isObject)
    .map((part) => textAt(part, "text") ?? "")
    .join("");
}

function responsesAnswer(body: Json): Answer {
  const answer: Answer = { ...emptyAnswer(), usage: usageOf(body) };
  for (const item of objectsAt(body, "output")) {
    if (item.type === "message") {
      for (const part of objectsAt(item, "content")) {
        if (part.type === "refusal") answer.refusal = textAt(part, "refusal") ?? "the model refused";
        else answer.content += textAt(part, "text") ?? "";
      }
    } else if (item.type === "reasoning") {
      for (const part of [...objectsAt(item, "summary"), ...objectsAt(item, "content")]) {
        const text = textAt(part, "text");
        if (text !== null) answer.thinking.push(text);
      }
    } else if (item.type === "function_call" || item.type === "custom_tool_call") {
      answer.tool_calls.push(responsesToolCall(item));
    }
  }
  if (answer.tool_calls.length > 0) answer.finish_reason = "tool_call";
  const status = textAt(body, "status");
  if (status === "incomplete") {
    const reason = textAt(objectAt(body, "incomplete_details"), "reason");
    answer.finish_reason = "length";
    if (reason === "content_filter") answer.refusal ??= "the provider's filter cut the answer";
  } else if (status === null || status === "completed") {
    // Items of other kinds (searches, images) are answers as well: they are in `raw`.
    if (objectsAt(body, "output").length === 0)
      return { ...noAnswer("the response has no output", true), usage: usageOf(body) };
  } else {
    const error = objectAt(body, "error");
    const code = textAt(error, "code") ?? `response ${status}`;
    const message = textAt(error, "message");
    answer.finish_reason = "error";
    answer.failure = {
      error: message ? `${code}: ${message}` : code,
      retryable: !/invalid|unsupported|not_found|policy/.test(code),
    };
  }
  return answer;
}

function responsesToolCall(item: Json): ToolCall {
  const custom = item.type === "custom_tool_call";
  const text = item[custom ? "input" : "arguments"];
  return {
    id: textAt(item, "call_id") ?? textAt(item, "id") ?? "",
    name: textAt(item, "name") ?? "",
    arguments: custom || typeof text !== "string" ? (text ?? null) : parsedOr(text, text),
  };
}

/** One input gives `parsed` its vector, several give it a list of vectors, by `index`; base64 stays in `raw`. */
function embeddingsAnswer(body: Json): Answer {
  const data = objectsAt(body, "data").sort(
    (a, b) => (numberAt(a, "index") ?? 0) - (numberAt(b, "index") ?? 0),
  );
  if (data.length === 0) return { ...noAnswer("the answer has no embedding", true), usage: usageOf(body) };
  const vectors = data.map((entry) => entry.embedding);
  const parsed = vectors.every(Array.isArray) ? (vectors.length === 1 ? vectors[0] : vectors) : null;
  return { ...emptyAnswer(), usage: usageOf(body), parsed: parsed ?? null };
}

/** Both spellings: chat completions' and embeddings' `prompt_tokens`, Responses' `input_tokens`. */
function usageOf(body: Json): Usage {
  return openaiUsage(objectAt(body, "usage"));
}

/** OpenAI's `usage` object, in any endpoint's spelling, as ours; what is missing counts as zero. */
export function openaiUsage(usage: Json): Usage {
  const prompt_tokens = countAt(usage, "prompt_tokens") ?? countAt(usage, "input_tokens") ?? 0;
  const completion_tokens = countAt(usage, "completion_tokens") ?? countAt(usage, "output_tokens") ?? 0;
  const sum: Usage = {
    prompt_tokens,
    completion_tokens,
    total_tokens: countAt(usage, "total_tokens") ?? prompt_tokens + completion_tokens,
  };
  const cached = detailAt(usage, "prompt_tokens_details", "input_tokens_details", "cached_tokens");
  const written = detailAt(usage, "prompt_tokens_details", "input_tokens_details", "cache_write_tokens");
  const reasoning = detailAt(usage, "completion_tokens_details", "output_tokens_details", "reasoning_tokens");
  if (cached !== undefined) sum.cached_tokens = cached;
  if (written !== undefined) sum.cache_write_tokens = written;
  if (reasoning !== undefined) sum.reasoning_tokens = reasoning;
  return sum;
}

/** A count among the details, which the endpoints keep under one of two names. */
function detailAt(usage: Json, key: string, otherKey: string, name: string): number | undefined {
  return countAt(objectAt(usage, otherKey), name) ?? countAt(objectAt(usage, key), name);
}
