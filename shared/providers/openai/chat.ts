/** Answers of `/v1/chat/completions` and `/v1/completions`. */
import { isObject, type Json, listAt, objectAt, objectsAt, textAt } from "../../json/values.ts";
import { byName } from "../../name-set.ts";
import type { JsonText } from "../provider.ts";
import { type Answer, emptyAnswer, noAnswer } from "../wire/answer.ts";
import { type ToolCallText, toolArguments } from "./tool-call.ts";
import { usageOf } from "./usage.ts";

const CHAT_FINISH = byName({
  stop: "stop",
  length: "length",
  tool_call: "tool_calls function_call",
});

/** A chat completion, or a text completion, as an answer. */
export function chatAnswer(body: Json, source: JsonText): Answer {
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

/** Text of a message: a string, or the text parts of a list (compatible servers). */
function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .filter(isObject)
    .map((part) => textAt(part, "text") ?? "")
    .join("");
}
