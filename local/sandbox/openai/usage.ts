import { isObject } from "../../../shared/providers/json.ts";
import { openaiUsage } from "../../../shared/providers/openai-answers.ts";
import type { Answer } from "../protocol.ts";

/** Tokens of an upstream answer, in either of OpenAI's two namings. */
export function upstreamUsage(body: unknown): Answer["usage"] {
  const usage = (body as { usage?: unknown } | null)?.usage;
  const { prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens } = openaiUsage(
    isObject(usage) ? usage : {},
  );
  return {
    input: prompt_tokens,
    cached: cached_tokens ?? 0,
    output: completion_tokens,
    reasoning: reasoning_tokens ?? 0,
  };
}
