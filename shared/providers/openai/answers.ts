import { memberWithin, sourceAt, withoutMembers } from "../../json/source.ts";
import { isObject, type Json, numberAt, textAt } from "../../json/values.ts";
import type { ItemOutcome, JsonText } from "../provider.ts";
import { type Answer, answered, emptyAnswer, noAnswer, unanswered } from "../wire/answer.ts";
import { chatAnswer } from "./chat.ts";
import { embeddings } from "./embeddings.ts";
import { neverRan, PERMANENT, refused, wordsOf } from "./errors.ts";
import { responsesAnswer } from "./responses.ts";
import { usageOf } from "./usage.ts";

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

/** An answer of `/v1/moderations`: a verdict for each input. OpenAI bills none. */
function moderation(source: JsonText): Answer {
  return { ...emptyAnswer(), parsed: sourceAt(source, "results") ?? "[]" };
}
