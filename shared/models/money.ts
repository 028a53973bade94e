/** Tokens and what they cost: of an answer, of a round, of a job. */
import * as z from "zod";

/** Tokens of one answer, or summed over a job. The last four are present when the provider reports them. */
export const Usage = z.object({
  prompt_tokens: z.int().nonnegative(),
  completion_tokens: z.int().nonnegative(),
  total_tokens: z.int().nonnegative(),
  /** Part of `prompt_tokens` read from the provider's cache. */
  cached_tokens: z.int().nonnegative().optional(),
  /** Part of `prompt_tokens` written to the provider's cache. */
  cache_write_tokens: z.int().nonnegative().optional(),
  /** Part of `cache_write_tokens` that the cache keeps for an hour, at a higher price (Anthropic). */
  cache_write_1h_tokens: z.int().nonnegative().optional(),
  /** Part of `completion_tokens` spent on thinking. */
  reasoning_tokens: z.int().nonnegative().optional(),
});
export type Usage = z.infer<typeof Usage>;

const usd = z.number().nonnegative().nullable();

/** Tokens that a provider billed, and their cost in US dollars. Null: there is no price for them. */
export const Charge = Usage.extend({
  /** At the provider's batch rates; at real-time rates for what was asked in real time. */
  cost_usd: usd,
  /** What all of it would have cost in real time. */
  real_time_usd: usd,
});
export type Charge = z.infer<typeof Charge>;

/** What a round costs at most. Its input tokens are estimated, its output tokens are the most allowed. */
export const RoundQuote = Charge.extend({
  /** The part of `cost_usd` that is for input. */
  input_usd: usd.optional(),
});
export type RoundQuote = z.infer<typeof RoundQuote>;

/** Charges by the model that answered. It has no prototype, because the names of models come from outside. */
export const Bill = z
  .record(z.string(), Charge)
  .transform((charges): Record<string, Charge> => Object.assign(Object.create(null), charges));
export type Bill = z.infer<typeof Bill>;

/** What a job has cost. Every answer that a provider billed counts once, whether it was kept or not. */
export const Receipt = Charge.extend({
  models: Bill,
  /** Models without a known price. If there is one, the sums above are null. */
  unpriced_models: z.array(z.string()),
  /** The day of the price list. */
  prices_date: z.string(),
  /** The two parts of the sums above. Both are present when a request was asked in real time. */
  batch: Charge.optional(),
  real_time: Charge.optional(),
  /** Numbers of requests that may have been billed and are in no sum. Absent when there are none. */
  unknown: z
    .object({
      /** Asked in real time: the answer broke off or did not say its tokens, or the run that asked died. */
      real_time: z.int().nonnegative(),
      /** In batches left for real time, unended when the job was; and answers that a provider lost, or whose tokens it did not say. */
      batch: z.int().nonnegative(),
    })
    .optional(),
});
export type Receipt = z.infer<typeof Receipt>;

/** Kinds of content that a request only refers to, so that their tokens cannot be counted before it is sent. */
export const UnseenKind = z.enum(["image", "file", "audio", "stored_prompt", "conversation", "server_tool"]);
export type UnseenKind = z.infer<typeof UnseenKind>;

/** Tokens of input by kind. */
export const Allowances = z.partialRecord(UnseenKind, z.int().nonnegative());
export type Allowances = z.infer<typeof Allowances>;

const price = z.number().nonnegative().optional();

/** A model's real-time prices in US dollars per million tokens, where the price list lacks it or is wrong. */
export const ModelPrices = z.strictObject({
  input_mtok: price,
  cache_read_mtok: price,
  cache_write_mtok: price,
  cache_write_1h_mtok: price,
  output_mtok: price,
  /** The price in a batch as a share of these, 0 to 1. Default: the provider's. */
  batch_share: z.number().min(0).max(1).optional(),
});
export type ModelPrices = z.infer<typeof ModelPrices>;
