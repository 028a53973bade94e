/** What one request costs at most. Apart from `quote.ts`, as it needs the price list. */
import type { JobSpec } from "../models.ts";
import { chargeFor } from "../money/prices.ts";
import { addUnseen, type Quote } from "../money/quote.ts";
import { addToBill } from "../money/sums.ts";
import { estimatedTokens } from "../money/token-estimate.ts";
import { unseenIn } from "../money/unseen.ts";
import type { ProviderFormat } from "./provider.ts";

/**
 * Adds one request, which has so many bytes as it is sent. What it points to counts as the job's allowance for it; without
 * one its cost has no limit.
 */
export function quoteRequest(
  quote: Quote,
  format: ProviderFormat,
  body: Record<string, unknown>,
  bytes: number,
  spec: JobSpec,
  bytesPerToken?: number,
): void {
  const model = typeof body.model === "string" ? body.model : spec.model;
  const limit = format.mostOutput(body, spec);
  const { kinds, characters } = unseenIn(body);
  let prompt = estimatedTokens(bytes - characters, 1, bytesPerToken);
  let isUnknown = limit === null;
  for (const kind of kinds) {
    const allowance = spec.allowances?.[kind];
    if (allowance === undefined) {
      isUnknown = true;
      addUnseen(quote, kind, 1);
    } else prompt += allowance;
  }
  const input = { prompt_tokens: prompt, completion_tokens: 0, total_tokens: prompt };
  const most = { ...input, completion_tokens: limit ?? 0, total_tokens: prompt + (limit ?? 0) };
  addToBill(quote.input, model, chargeFor(spec.provider, model, input));
  addToBill(quote.most, model, chargeFor(spec.provider, model, most));
  quote.requests++;
  if (isUnknown) quote.unlimited++;
}
