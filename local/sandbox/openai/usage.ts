import { openaiUsage } from "../../../shared/providers/openai/usage.ts";
import { isObject } from "../../../shared/providers/wire/json.ts";
import type { Tokens } from "../protocol.ts";

/** Tokens of an upstream answer, in either of OpenAI's two namings. */
export function upstreamUsage(body: unknown): Tokens {
  const usage = (body as { usage?: unknown } | null)?.usage;
  const ours = openaiUsage(isObject(usage) ? usage : {});
  return {
    input: ours.prompt_tokens,
    cached: ours.cached_tokens ?? 0,
    written: ours.cache_write_tokens ?? 0,
    output: ours.completion_tokens,
    reasoning: ours.reasoning_tokens ?? 0,
  };
}
