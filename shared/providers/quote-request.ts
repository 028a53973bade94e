/** What one request costs at most. Apart from `quote.ts`, as it needs the price list. */
import type { JobSpec } from "../models.ts";
import { chargeFor } from "../money/prices.ts";
import type { Quote } from "../money/quote.ts";
import { addToBill } from "../money/sums.ts";
import { estimatedTokens } from "../money/token-estimate.ts";
import type { ProviderFormat } from "./provider.ts";

/** Adds one request, which has so many bytes as it is sent. */
export function quoteRequest(
  quote: Quote,
  format: ProviderFormat,
  body: Record<string, unknown>,
  bytes: number,
  spec: JobSpec,
): void {
  const model = typeof body.model === "string" ? body.model : spec.model;
  const limit = format.mostOutput(body, spec);
  const prompt = estimatedTokens(bytes, 1);
  const input = { prompt_tokens: prompt, completion_tokens: 0, total_tokens: prompt };
  const most = { ...input, completion_tokens: limit ?? 0, total_tokens: prompt + (limit ?? 0) };
  addToBill(quote.input, model, chargeFor(spec.provider, model, input));
  addToBill(quote.most, model, chargeFor(spec.provider, model, most));
  quote.requests++;
  if (limit === null) quote.unlimited++;
}
