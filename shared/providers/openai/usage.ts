import { countAt, type Json, objectAt } from "../../json/values.ts";
import type { Usage } from "../../models.ts";

/**
 * OpenAI's `usage` object, in any endpoint's spelling, as ours; what is missing counts as zero. Servers contradict
 * themselves: a total is at least its parts, and a part at most its whole.
 */
export function openaiUsage(usage: Json): Usage {
  const total = countAt(usage, "total_tokens") ?? 0;
  const completion_tokens = countAt(usage, "completion_tokens") ?? countAt(usage, "output_tokens") ?? 0;
  const given = countAt(usage, "prompt_tokens") ?? countAt(usage, "input_tokens") ?? 0;
  // Some embeddings servers give the total only.
  const prompt_tokens = given || Math.max(0, total - completion_tokens);
  const sum: Usage = {
    prompt_tokens,
    completion_tokens,
    total_tokens: Math.max(total, prompt_tokens + completion_tokens),
  };
  const cached = detailAt(usage, "prompt_tokens_details", "input_tokens_details", "cached_tokens");
  const written = detailAt(usage, "prompt_tokens_details", "input_tokens_details", "cache_write_tokens");
  const reasoning = detailAt(usage, "completion_tokens_details", "output_tokens_details", "reasoning_tokens");
  if (cached !== undefined) sum.cached_tokens = Math.min(cached, prompt_tokens);
  if (written !== undefined)
    sum.cache_write_tokens = Math.min(written, prompt_tokens - (sum.cached_tokens ?? 0));
  if (reasoning !== undefined) sum.reasoning_tokens = Math.min(reasoning, completion_tokens);
  return sum;
}

/** A count among the details, which the endpoints keep under one of two names. */
function detailAt(usage: Json, key: string, otherKey: string, name: string): number | undefined {
  return countAt(objectAt(usage, otherKey), name) ?? countAt(objectAt(usage, key), name);
}

export function usageOf(body: Json): Usage {
  return openaiUsage(objectAt(body, "usage"));
}
