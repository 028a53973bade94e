import { memberOf, onOneLine, sourceAt, withoutMembers } from "../../json/source.ts";
import { countAt, isObject, type Json, listAt, numberAt, objectAt, textAt } from "../../json/values.ts";
import type { Usage } from "../../models.ts";
import { byName } from "../../name-set.ts";
import { anthropicOutcome } from "../anthropic/answers.ts";
import { openaiOutcome } from "../openai/answers.ts";
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

const FINISH = byName({
  stop: "end_turn stop_sequence stop",
  tool_call: "tool_use",
  length: "max_tokens length model_context_window_exceeded",
});

const FILTERED = /^(guardrail_intervened|content_filtered)$/;

/**
 * What became of one record: `{recordId, modelInput, modelOutput}`, or `error: {errorCode, errorMessage}` in place of the
 * output. The input, which Bedrock repeats, is a prompt: it is left out of `raw`. Never throws.
 */
export function bedrockOutcome(line: unknown, text: JsonText): ItemOutcome {
  const id = isObject(line) ? textAt(line, "recordId") : null;
  // Their order is the provider's affair.
  const members = [memberOf(text, "modelInput"), memberOf(text, "modelOutput")]
    .filter((member) => member !== undefined)
    .toSorted((a, b) => a.from - b.from);
  const raw = isObject(line) ? withoutMembers(text, members) : text;
  if (!isObject(line) || id === null) {
    return unanswered(null, "failed", "the provider's result line has no recordId", true, "null");
  }
  const output = line.modelOutput;
  const member = memberOf(text, "modelOutput");
  if (!isObject(output) || !member) {
    const error = objectAt(line, "error");
    const code = numberAt(error, "errorCode") ?? Number(textAt(error, "errorCode") ?? Number.NaN);
    const message =
      textAt(error, "errorMessage") ?? "the provider's result line has neither output nor error";
    const known = Number.isFinite(code);
    const shown = known ? `HTTP ${code}: ${message.slice(0, 1000)}` : message.slice(0, 1000);
    return unanswered(id, "failed", shown, !known || isTransientStatus(code), raw);
  }
  return { ...outcomeOf(id, output, text.slice(member.start, member.end), raw), raw: onOneLine(raw) };
}

/** Models answer in forms of their own, known by their keys. */
function outcomeOf(id: string, output: Json, source: JsonText, raw: JsonText): ItemOutcome {
  const custom_id = JSON.stringify(id);
  if (Array.isArray(output.content) && output.type === "message") {
    const text = `{"custom_id":${custom_id},"result":{"type":"succeeded","message":${source}}}`;
    return anthropicOutcome(JSON.parse(text), text);
  }
  if (Array.isArray(output.choices)) {
    const text = `{"custom_id":${custom_id},"response":{"status_code":200,"body":${source}}}`;
    return openaiOutcome(JSON.parse(text), text);
  }
  if (isObject(output.output)) return answered(id, converseAnswer(output, source), source, raw);
  if (Array.isArray(output.embedding)) {
    const tokens = countAt(output, "inputTextTokenCount") ?? 0;
    return vectors(id, `[${sourceAt(source, "embedding") ?? "[]"}]`, tokens, source, raw);
  }
  if (Array.isArray(output.embeddings)) {
    return vectors(id, sourceAt(source, "embeddings") ?? "[]", 0, source, raw);
  }
  if (typeof output.generation === "string") return answered(id, llamaAnswer(output), source, raw);
  // It is billed even so.
  const usage = converseUsage(objectAt(output, "usage"));
  const unknown = noAnswer("the provider's answer is of an unknown kind", true);
  return answered(id, { ...unknown, ...(usage.total_tokens > 0 && { usage }) }, source, raw);
}

function vectors(id: string, parsed: JsonText, tokens: number, source: JsonText, raw: JsonText): ItemOutcome {
  const member = memberOf(source, "embedding") ?? memberOf(source, "embeddings");
  const body = member ? withoutMembers(source, [member]) : source;
  const usage = { prompt_tokens: tokens, completion_tokens: 0, total_tokens: tokens };
  return answered(id, { ...emptyAnswer(), usage, ...vectorsIn(onOneLine(parsed)) }, body, raw);
}

/** `{output: {message: {content: [{text} | {reasoningContent} | {toolUse}]}}, stopReason, usage}`. */
function converseAnswer(output: Json, source: JsonText): Answer {
  const answer: Answer = { ...emptyAnswer(), usage: converseUsage(objectAt(output, "usage")) };
  const message = objectAt(objectAt(output, "output"), "message");
  for (const [place, block] of listAt(message, "content").entries()) {
    if (!isObject(block)) continue;
    const thinking = textAt(objectAt(objectAt(block, "reasoningContent"), "reasoningText"), "text");
    if (typeof block.text === "string") answer.content += block.text;
    else if (thinking !== null) answer.thinking.push(thinking);
    else if (isObject(block.toolUse)) {
      const path = ["output", "message", "content", place, "toolUse", "input"] as const;
      answer.tool_calls.push({
        id: textAt(block.toolUse, "toolUseId") ?? "",
        name: textAt(block.toolUse, "name") ?? "",
        arguments: onOneLine(sourceAt(source, ...path) ?? "null"),
      });
    } else if (hasOther(block, "text", "reasoningContent")) answer.has_more = true;
  }
  const reason = textAt(output, "stopReason") ?? "";
  answer.finish_reason = FINISH.get(reason) ?? (answer.tool_calls.length > 0 ? "tool_call" : "stop");
  if (FILTERED.test(reason)) answer.refusal = "the provider's filter cut the answer";
  return answer;
}

/** `inputTokens` are those that were neither read from a cache nor written to it. */
function converseUsage(usage: Json): Usage {
  const cached = countAt(usage, "cacheReadInputTokens") ?? 0;
  const written = countAt(usage, "cacheWriteInputTokens") ?? 0;
  const prompt_tokens = (countAt(usage, "inputTokens") ?? 0) + cached + written;
  const completion_tokens = countAt(usage, "outputTokens") ?? 0;
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens: prompt_tokens + completion_tokens,
    ...(cached > 0 && { cached_tokens: cached }),
    ...(written > 0 && { cache_write_tokens: written }),
  };
}

function llamaAnswer(output: Json): Answer {
  const prompt_tokens = countAt(output, "prompt_token_count") ?? 0;
  const completion_tokens = countAt(output, "generation_token_count") ?? 0;
  return {
    ...emptyAnswer(),
    content: String(output.generation),
    finish_reason: FINISH.get(textAt(output, "stop_reason") ?? "") ?? "stop",
    usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
  };
}
