import { memberWithin, onOneLine, sourceAt, withoutMembers } from "../../json/source.ts";
import { countAt, isObject, type Json, objectAt, textAt } from "../../json/values.ts";
import type { Usage } from "../../models.ts";
import { byName, nameSet } from "../../name-set.ts";
import type { ItemOutcome, JsonText } from "../provider.ts";
import { type Answer, answered, emptyAnswer, noAnswer, unanswered } from "../wire/answer.ts";

/** Errors that the same request will meet again; https://platform.claude.com/docs/en/api/errors */
const PERMANENT = nameSet(`
  invalid_request_error authentication_error billing_error permission_error not_found_error request_too_large
`);

const FINISH = byName({
  stop: "end_turn stop_sequence",
  tool_call: "tool_use",
  // Anthropic pauses a long turn: what is there is not the whole answer.
  length: "max_tokens model_context_window_exceeded pause_turn",
});

/**
 * What became of one item, from a line of the results: `{custom_id, result: {type, ...}}`.
 * Never throws: an odd line is that item's error.
 */
export function anthropicOutcome(line: unknown, text: JsonText): ItemOutcome {
  const custom_id = isObject(line) ? textAt(line, "custom_id") : null;
  if (!isObject(line) || custom_id === null) {
    return unanswered(null, "failed", "the provider's result line has no custom_id", true, text);
  }
  const result = objectAt(line, "result");
  switch (result.type) {
    case "succeeded": {
      const { message } = result;
      const member = memberWithin(text, "result", "message");
      if (!isObject(message) || !member) {
        return unanswered(custom_id, "failed", "the answer has no message", true, text);
      }
      const source = text.slice(member.start, member.end);
      const outcome = answered(
        custom_id,
        messageAnswer(message, source),
        source,
        withoutMembers(text, [member]),
      );
      return { ...outcome, ...modelOf(message) };
    }
    case "errored":
      return errored(custom_id, objectAt(result, "error"), text);
    case "expired":
      return unanswered(
        custom_id,
        "expired",
        "the batch expired before this request was processed",
        true,
        text,
      );
    case "canceled":
      return unanswered(
        custom_id,
        "cancelled",
        "the batch was cancelled before this request was processed",
        false,
        text,
      );
    default:
      return unanswered(custom_id, "failed", "the provider's result is of an unknown type", true, text);
  }
}

function modelOf(message: Json): Pick<ItemOutcome, "model"> {
  const model = textAt(message, "model");
  return model === null ? {} : { model };
}

/** The error is nested twice: `{type: "error", error: {type, message}, request_id}`. */
function errored(custom_id: string, outer: Json, text: JsonText): ItemOutcome {
  const error = isObject(outer.error) ? outer.error : outer;
  const type = textAt(error, "type") ?? "error";
  const message = textAt(error, "message");
  return unanswered(custom_id, "failed", message ? `${type}: ${message}` : type, !PERMANENT.has(type), text);
}

function messageAnswer(message: Json, source: JsonText): Answer {
  const answer: Answer = { ...emptyAnswer(), usage: anthropicUsage(objectAt(message, "usage")) };
  const content = message.content;
  if (!Array.isArray(content)) return { ...noAnswer("the answer has no content", true), usage: answer.usage };
  for (const [place, block] of content.entries()) {
    if (!isObject(block)) continue;
    if (block.type === "text") answer.content += textAt(block, "text") ?? "";
    else if (block.type === "thinking") answer.thinking.push(textAt(block, "thinking") ?? "");
    else if (block.type === "tool_use") {
      answer.tool_calls.push({
        id: textAt(block, "id") ?? "",
        name: textAt(block, "name") ?? "",
        arguments: onOneLine(sourceAt(source, "content", place, "input") ?? "null"),
      });
    } else if (block.type !== "redacted_thinking") {
      // Searches, code that was run: they are in `raw`.
      answer.has_more = true;
    }
  }
  // A thinking block whose text is withheld is empty.
  answer.thinking = answer.thinking.filter(Boolean);
  const stop = textAt(message, "stop_reason");
  if (stop === "refusal") {
    const details = objectAt(message, "stop_details");
    answer.refusal = textAt(details, "explanation") ?? textAt(details, "category") ?? "the model refused";
  }
  answer.finish_reason = FINISH.get(stop ?? "") ?? (answer.tool_calls.length > 0 ? "tool_call" : "stop");
  return answer;
}

/** Anthropic counts cached and cache-written tokens beside `input_tokens`; ours are part of `prompt_tokens`. */
function anthropicUsage(usage: Json): Usage {
  const cached = countAt(usage, "cache_read_input_tokens");
  const written = countAt(usage, "cache_creation_input_tokens");
  const hour = countAt(objectAt(usage, "cache_creation"), "ephemeral_1h_input_tokens");
  const thinking = countAt(objectAt(usage, "output_tokens_details"), "thinking_tokens");
  const prompt_tokens = (countAt(usage, "input_tokens") ?? 0) + (cached ?? 0) + (written ?? 0);
  const completion_tokens = countAt(usage, "output_tokens") ?? 0;
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    ...(cached === undefined ? {} : { cached_tokens: cached }),
    ...(written === undefined ? {} : { cache_write_tokens: written }),
    ...(hour ? { cache_write_1h_tokens: Math.min(hour, written ?? 0) } : {}),
    ...(thinking === undefined ? {} : { reasoning_tokens: Math.min(thinking, completion_tokens) }),
  };
}
