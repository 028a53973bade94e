/** What one request costs at most. Apart from `quote.ts`, as it needs the price list. */
import type { JobSpec } from "../models.ts";
import { chargesOf } from "../money/prices.ts";
import { addUnseen, type Quote } from "../money/quote.ts";
import { addToBill } from "../money/sums.ts";
import { estimatedTokens } from "../money/token-estimate.ts";
import { type Unseen, unseenIn } from "../money/unseen.ts";
import type { ProviderFormat } from "./format.ts";

/** What the cost of a request depends on beside its bytes. */
export interface RequestCost {
  model: string;
  /** Most output tokens; null when the request gives no limit. */
  limit: number | null;
  unseen: Unseen;
  charge: ReturnType<typeof chargesOf>;
}

/** What decides the cost of a request with this body. */
export function requestCost(
  format: ProviderFormat,
  body: Record<string, unknown>,
  spec: JobSpec,
): RequestCost {
  const model = typeof body.model === "string" ? body.model : spec.model;
  return {
    model,
    limit: format.mostOutput(body, spec),
    unseen: unseenIn(body),
    charge: chargesOf(spec.provider, model, spec.prices),
  };
}

/**
 * Adds one request, which has so many bytes as it is sent. What it points to counts as the job's allowance for it; without
 * one its cost has no limit.
 */
export function quoteRequest(
  quote: Quote,
  { model, limit, unseen, charge }: RequestCost,
  bytes: number,
  spec: JobSpec,
  bytesPerToken?: number,
): void {
  let prompt = estimatedTokens(bytes - unseen.characters, 1, bytesPerToken);
  let isUnknown = limit === null;
  for (const kind of unseen.kinds) {
    const allowance = spec.allowances?.[kind];
    if (allowance === undefined) {
      isUnknown = true;
      addUnseen(quote, kind, 1);
    } else prompt += allowance;
  }
  const input = { prompt_tokens: prompt, completion_tokens: 0, total_tokens: prompt };
  const most = { ...input, completion_tokens: limit ?? 0, total_tokens: prompt + (limit ?? 0) };
  addToBill(quote.input, model, charge(input));
  addToBill(quote.most, model, charge(most));
  quote.requests++;
  if (isUnknown) quote.unlimited++;
}
