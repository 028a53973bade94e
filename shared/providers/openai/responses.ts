/** Answers of `/v1/responses`. */
import { isObject, type Json, listAt, numberAt, objectAt, objectsAt, textAt } from "../../json/values.ts";
import type { JsonText } from "../provider.ts";
import { type Answer, emptyAnswer, noAnswer } from "../wire/answer.ts";
import { PERMANENT, wordsOf } from "./errors.ts";
import { type ToolCallText, toolArguments } from "./tool-call.ts";
import { usageOf } from "./usage.ts";

/** Reads an answer. `source`: the body as it was sent, for the text of its numbers. */
export function responsesAnswer(body: Json, source: JsonText): Answer {
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
