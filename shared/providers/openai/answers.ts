import { memberWithin, onOneLine, sourceAt, withoutMembers } from "../../json/source.ts";
import type { FinishReason } from "../../models.ts";
import type { ItemAnswer, ItemOutcome, JsonText } from "../provider.ts";
import {
  type Answer,
  answered,
  argumentsFrom,
  emptyAnswer,
  isTransientStatus,
  noAnswer,
  unanswered,
} from "../wire/answer.ts";
import { isObject, type Json, listAt, numberAt, objectAt, objectsAt, textAt } from "../wire/json.ts";
import { embeddings } from "./embeddings.ts";
import { openaiUsage } from "./usage.ts";

/** `error.code`s of lines that never ran; https://developers.openai.com/api/docs/guides/batch#batch-expiration */
const NEVER_RAN = new Map<string, { status: "expired" | "cancelled" | "failed"; retryable: boolean }>([
  ["batch_expired", { status: "expired", retryable: true }],
  ["batch_cancelled", { status: "cancelled", retryable: false }],
  ["request_timeout", { status: "failed", retryable: true }],
]);

/** Codes and types of errors that the same request will meet again, in the spelling of OpenAI and of compatible servers. */
const PERMANENT =
  /invalid|bad.?request|unprocessable|not.?found|unsupported|denied|unauthori|authentication|permission|too.?large|policy/i;

/** Characters of a provider's own words that are kept. */
const MAX_MESSAGE = 1000;

/**
 * What became of one item, from a line of the output or of the error file:
 * `{id, custom_id, response: {status_code, request_id, body} | null, error: {code, message} | null}`.
 * Never throws: an odd line is that item's error.
 */
export function openaiOutcome(line: unknown, text: JsonText): ItemOutcome {
  const custom_id = isObject(line) ? textAt(line, "custom_id") : null;
  if (!isObject(line) || custom_id === null) {
    return unanswered(null, "failed", "the provider's result line has no custom_id", true, text);
  }
  const { response } = line;
  const status = isObject(response) ? numberAt(response, "status_code") : undefined;
  if (isObject(response) && status !== undefined && status >= 400) {
    return refused(custom_id, status, [response.body, line.error], text);
  }
  if (line.error !== undefined && line.error !== null) return neverRan(custom_id, line.error, text);
  if (!isObject(response)) {
    const error = "the provider's result line has neither response nor error";
    return unanswered(custom_id, "failed", error, true, text);
  }
  if (status === 0) {
    return unanswered(custom_id, "failed", "the provider did not run this request", true, text);
  }
  const { body } = response;
  if (!isObject(body)) {
    return unanswered(custom_id, "failed", "the provider's answer has no body", true, text);
  }
  const member = memberWithin(text, "response", "body");
  if (!member) return unanswered(custom_id, "failed", "the provider's answer has no body", true, text);
  const source = text.slice(member.start, member.end);
  const envelope = withoutMembers(text, [member]);
  if (Array.isArray(body.data) && !Array.isArray(body.choices) && !Array.isArray(body.output)) {
    const { answer, rest } = embeddings(body, source);
    return answered(custom_id, answer, rest, envelope);
  }
  return answered(custom_id, answerOf(body, source), source, envelope);
}

/** What an error says of itself: an object, or only words. */
function wordsOf(error: unknown): {
  code: string | null;
  message: string | null;
  status: number | undefined;
} {
  if (typeof error === "string")
    return { code: null, message: error.slice(0, MAX_MESSAGE), status: undefined };
  if (!isObject(error)) return { code: null, message: null, status: undefined };
  const code = textAt(error, "code") ?? textAt(error, "type");
  const message = textAt(error, "message") ?? textAt(error, "detail");
  const status = numberAt(error, "code") ?? numberAt(error, "status_code");
  return { code, message: message?.slice(0, MAX_MESSAGE) ?? null, status };
}

function neverRan(custom_id: string, error: unknown, text: JsonText): ItemOutcome {
  const { code, message, status } = wordsOf(error);
  const retryable =
    status !== undefined && status >= 400 ? isTransientStatus(status) : !PERMANENT.test(code ?? "");
  const known = NEVER_RAN.get(code ?? "") ?? { status: "failed", retryable };
  const shown =
    [status, code, message].filter(Boolean).join(": ") || "the provider gives an error without a word";
  return unanswered(custom_id, known.status, shown, known.retryable, text);
}

/** @param errors where its words may stand, in any of its wrappings: `{error: {…}}`, `{error: "…"}`, `{message}`, `{detail}` */
function refused(custom_id: string, status: number, errors: unknown[], text: JsonText): ItemOutcome {
  const words = errors.map((error) => wordsOf(isObject(error) ? (error.error ?? error) : error));
  const code = words.find((word) => word.code)?.code;
  const message = words.find((word) => word.message)?.message;
  const shown = [`HTTP ${status}`, code, message].filter(Boolean).join(": ");
  // No credit left is a 429 too, and waiting does not help.
  const retryable = isTransientStatus(status) && code !== "insufficient_quota";
  return unanswered(custom_id, "failed", shown, retryable, text);
}

/** The endpoints' bodies are known by their own keys: compatible servers leave `object` out. */
function answerOf(body: Json, source: JsonText): Answer {
  if (Array.isArray(body.choices)) return chatAnswer(body, source);
  if (Array.isArray(body.output) || body.object === "response") return responsesAnswer(body, source);
  if (Array.isArray(body.results)) return moderation(source);
  const { code, message } = wordsOf(body.error);
  const error = [code, message].filter(Boolean).join(": ");
  const failure = error ? noAnswer(error, !PERMANENT.test(code ?? "")) : noAnswer(UNKNOWN, true);
  return { ...failure, usage: usageOf(body) };
}

const UNKNOWN = "the provider's answer is of an unknown kind";

function chatAnswer(body: Json, source: JsonText): Answer {
  const [choice] = listAt(body, "choices");
  const message = isObject(choice) ? choice.message : undefined;
  if (isObject(choice) && typeof choice.text === "string") return completion(choice, body);
  if (!isObject(choice) || !isObject(message)) {
    return { ...noAnswer("the answer has no message", true), usage: usageOf(body) };
  }
  const tool_calls = listAt(message, "tool_calls").flatMap((call, place) =>
    isObject(call) ? chatToolCall(call, source, "tool_calls", place) : [],
  );
  if (isObject(message.function_call))
    tool_calls.push(chatToolCall({ function: message.function_call }, source));
  const reasoning = textAt(message, "reasoning_content") ?? textAt(message, "reasoning");
  const finish = textAt(choice, "finish_reason");
  return {
    content: contentText(message.content),
    thinking: reasoning === null ? [] : [reasoning],
    tool_calls,
    finish_reason: CHAT_FINISH.get(finish ?? "") ?? (tool_calls.length > 0 ? "tool_call" : "stop"),
    usage: usageOf(body),
    refusal:
      textAt(message, "refusal") ??
      (finish === "content_filter" ? "the provider's filter cut the answer" : null),
    has_more: isObject(message.audio) || objectsAt(message, "images").length > 0,
  };
}

/** An answer of `/v1/completions`: text without a message. */
function completion(choice: Json, body: Json): Answer {
  const finish = textAt(choice, "finish_reason");
  return {
    ...emptyAnswer(),
    content: textAt(choice, "text") ?? "",
    finish_reason: CHAT_FINISH.get(finish ?? "") ?? "stop",
    usage: usageOf(body),
    refusal: finish === "content_filter" ? "the provider's filter cut the answer" : null,
  };
}

/** An answer of `/v1/moderations`: a verdict for each input. OpenAI bills none. */
function moderation(source: JsonText): Answer {
  return { ...emptyAnswer(), parsed: sourceAt(source, "results") ?? "[]" };
}

const CHAT_FINISH = new Map<string, FinishReason>([
  ["stop", "stop"],
  ["length", "length"],
  ["tool_calls", "tool_call"],
  ["function_call", "tool_call"],
]);

/** @param path where the call stands in the message; none for the old `function_call` */
function chatToolCall(call: Json, source: JsonText, ...path: (string | number)[]): ToolCallText {
  // Custom tools take free text instead of JSON arguments.
  const custom = call.type === "custom";
  const name = custom ? "custom" : "function";
  const target = objectAt(call, name);
  const at = path.length > 0 ? [...path, name] : ["function_call"];
  return {
    id: textAt(call, "id") ?? "",
    name: textAt(target, "name") ?? "",
    arguments: toolArguments(target, custom, source, "choices", 0, "message", ...at),
  };
}

type ToolCallText = ItemAnswer["tool_calls"][number];

/**
 * Models write the arguments as JSON text; some compatible servers give the value itself.
 * @param path where `target` stands in the body's text
 */
function toolArguments(
  target: Json,
  isFreeText: boolean,
  source: JsonText,
  ...path: (string | number)[]
): JsonText {
  const name = isFreeText ? "input" : "arguments";
  const given = target[name];
  if (typeof given !== "string") return onOneLine(sourceAt(source, ...path, name) ?? "null");
  return isFreeText ? JSON.stringify(given) : argumentsFrom(given);
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

function responsesAnswer(body: Json, source: JsonText): Answer {
  const answer: Answer = { ...emptyAnswer(), usage: usageOf(body) };
  for (const [place, item] of listAt(body, "output").entries()) {
    if (!isObject(item)) continue;
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
      answer.tool_calls.push(responsesToolCall(item, source, place));
    } else {
      // Searches, images: they are in `raw`.
      answer.has_more = true;
    }
  }
  if (answer.tool_calls.length > 0) answer.finish_reason = "tool_call";
  const status = textAt(body, "status");
  if (status === "incomplete") {
    const reason = textAt(objectAt(body, "incomplete_details"), "reason");
    answer.finish_reason = "length";
    // What led to no text is no answer, as searches before it.
    answer.has_more = false;
    if (reason === "content_filter") answer.refusal ??= "the provider's filter cut the answer";
  } else if (status === null || status === "completed") {
    // llama.cpp says `completed` of what it cut.
    const most = numberAt(body, "max_output_tokens");
    if (most !== undefined && answer.usage.completion_tokens >= most) answer.finish_reason = "length";
    if (objectsAt(body, "output").length === 0) {
      return { ...noAnswer("the response has no output", true), usage: usageOf(body) };
    }
  } else {
    const { code, message } = wordsOf(body.error);
    const shown = code ?? `response ${status}`;
    answer.finish_reason = "error";
    answer.failure = {
      error: message ? `${shown}: ${message}` : shown,
      retryable: !PERMANENT.test(shown),
    };
  }
  return answer;
}

function responsesToolCall(item: Json, source: JsonText, place: number): ToolCallText {
  const custom = item.type === "custom_tool_call";
  return {
    id: textAt(item, "call_id") ?? textAt(item, "id") ?? "",
    name: textAt(item, "name") ?? "",
    arguments: toolArguments(item, custom, source, "output", place),
  };
}

function usageOf(body: Json) {
  return openaiUsage(objectAt(body, "usage"));
}
