import { memberOf, onOneLine, sourceAt, withoutMembers } from "../../json/source.ts";
import { countAt, isObject, type Json, listAt, numberAt, objectAt, textAt } from "../../json/values.ts";
import type { Usage } from "../../models.ts";
import type { ItemOutcome, JsonText } from "../provider.ts";
import {
  type Answer,
  answered,
  emptyAnswer,
  hasOther,
  isTransientStatus,
  noAnswer,
  unanswered,
  vectorsIn,
} from "../wire/answer.ts";

/** gRPC's codes of faults that may pass, where an error has no HTTP status: exhausted, aborted, internal, unavailable. */
const PASSING = new Set([4, 8, 10, 13, 14]);

/** What became of one request: `{key, response}` or `{key, error: {code, message}}`. Never throws. */
export function geminiOutcome(line: unknown, text: JsonText): ItemOutcome {
  const key = isObject(line) ? textAt(line, "key") : null;
  if (!isObject(line) || key === null) {
    return unanswered(null, "failed", "the provider's result line has no key", true, text);
  }
  const { response } = line;
  const member = memberOf(text, "response");
  if (!isObject(response) || !member) return failed(key, line, text);
  const source = text.slice(member.start, member.end);
  const raw = withoutMembers(text, [member]);
  const embedded = memberOf(source, "embedding");
  if (isObject(response.embedding) && embedded) {
    const values = sourceAt(source, "embedding", "values") ?? "[]";
    const usage = usageOf(objectAt(response, "usageMetadata"));
    const answer = { ...emptyAnswer(), usage, ...vectorsIn(onOneLine(`[${values}]`)) };
    return answered(key, answer, withoutMembers(source, [embedded]), raw);
  }
  return answered(key, answerOf(response, source), source, raw);
}

function failed(key: string, line: Json, text: JsonText): ItemOutcome {
  const error = isObject(line.error) ? line.error : objectAt(line, "status");
  const code = numberAt(error, "code");
  const message = textAt(error, "message")?.slice(0, 1000);
  const shown =
    [code, message].filter(Boolean).join(": ") || "the result line has neither response nor error";
  const retryable = code === undefined || (code >= 100 ? isTransientStatus(code) : PASSING.has(code));
  return unanswered(key, "failed", shown, retryable, text);
}

function answerOf(response: Json, source: JsonText): Answer {
  const usage = usageOf(objectAt(response, "usageMetadata"));
  const blocked = textAt(objectAt(response, "promptFeedback"), "blockReason");
  if (blocked !== null) return { ...emptyAnswer(), usage, refusal: `the prompt was blocked: ${blocked}` };
  const [candidate] = listAt(response, "candidates");
  if (!isObject(candidate)) return { ...noAnswer("the answer has no candidate", true), usage };
  const answer: Answer = { ...emptyAnswer(), usage };
  for (const [place, part] of listAt(objectAt(candidate, "content"), "parts").entries()) {
    if (!isObject(part)) continue;
    if (typeof part.text === "string") {
      if (part.thought === true) answer.thinking.push(part.text);
      else answer.content += part.text;
    } else if (isObject(part.functionCall)) {
      const path = ["candidates", 0, "content", "parts", place, "functionCall", "args"] as const;
      answer.tool_calls.push({
        id: textAt(part.functionCall, "id") ?? "",
        name: textAt(part.functionCall, "name") ?? "",
        arguments: onOneLine(sourceAt(source, ...path) ?? "{}"),
      });
    } else if (hasOther(part, "text", "thought", "thoughtSignature")) answer.has_more = true;
  }
  const reason = textAt(candidate, "finishReason") ?? "STOP";
  if (reason === "MAX_TOKENS") answer.finish_reason = "length";
  else if (answer.tool_calls.length > 0) answer.finish_reason = "tool_call";
  else if (reason !== "STOP") answer.refusal = `the model stopped: ${reason}`;
  return answer;
}

/** Thinking is billed as output, and is not in `candidatesTokenCount`. */
function usageOf(usage: Json): Usage {
  const prompt_tokens = countAt(usage, "promptTokenCount") ?? 0;
  const reasoning = countAt(usage, "thoughtsTokenCount") ?? 0;
  const completion_tokens = (countAt(usage, "candidatesTokenCount") ?? 0) + reasoning;
  const cached = countAt(usage, "cachedContentTokenCount") ?? 0;
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    ...(cached > 0 && { cached_tokens: Math.min(cached, prompt_tokens) }),
    ...(reasoning > 0 && { reasoning_tokens: reasoning }),
  };
}
