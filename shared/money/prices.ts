/**
 * What a provider charges for tokens. Real-time prices are those of @pydantic/genai-prices, a list that others keep
 * (MIT); batch prices are a share of them. Extras that are no tokens, such as web searches, are not in it.
 */
import { calcPrice } from "@pydantic/genai-prices";
import * as z from "zod";
import { overrides } from "../environment.ts";
import { type Charge, ModelPrices, ProviderName, type Usage } from "../models.ts";
import { ENV } from "../names.ts";
import { PROFILES } from "../providers/list.ts";

/** US dollars a million tokens; some models have a higher price for requests whose prompt is longer than `start` tokens. */
type Price = number | { base: number; tiers: { start: number; price: number }[] };

/** Real-time prices of one model by kind of token, as the list names them; and what a batch costs of them. */
type Prices = Partial<Record<Exclude<keyof ModelPrices, "batch_share">, Price>> &
  Pick<ModelPrices, "batch_share">;

/** Prices that go before the list's, by provider and model. */
export const PriceOverrides = z.partialRecord(ProviderName, z.record(z.string(), ModelPrices));
export type PriceOverrides = z.infer<typeof PriceOverrides>;

/** The list is searched by patterns: what was found is kept. */
const found = new Map<string, Prices | null>();

/**
 * The charge for the tokens of one request. Its costs are null when neither the list nor `MODEL_PRICES` has the
 * model, as with fine-tuned ones. They are null as well when it has no price for a kind of token. `cost_usd`
 * is also null where the provider's batch price is not known.
 * @param own the job's `prices`, which come before all others
 * @param promptLength tokens of one prompt, on which the rate may depend: to be given when `usage` is of several
 * requests
 */
export function chargeFor(
  provider: ProviderName,
  model: string,
  usage: Usage,
  own?: ModelPrices,
  promptLength = usage.prompt_tokens,
): Charge {
  return chargesOf(provider, model, own)(usage, promptLength);
}

/** As `chargeFor`, for several charges of one model. */
export function chargesOf(
  provider: ProviderName,
  model: string,
  own?: ModelPrices,
): (usage: Usage, promptLength?: number) => Charge {
  const prices = own ?? pricesOf(provider, model);
  const share = prices?.batch_share ?? PROFILES[provider].price.batch_share;
  return (usage, promptLength = usage.prompt_tokens) => {
    const real_time_usd = realTimePrice(prices, usage, promptLength);
    const cost_usd = real_time_usd === null || share === null ? null : real_time_usd * share;
    return { ...usage, cost_usd, real_time_usd };
  };
}

/** Whether the list, or the user, has prices for a model. */
export function isPriced(provider: ProviderName, model: string): boolean {
  return (ownPrices(provider, model) ?? listedPrices(provider, model)) !== undefined;
}

function pricesOf(provider: ProviderName, model: string): Prices | null {
  // Another server's model is not the one whose name it bears.
  if (process.env[ENV.unpriced]) return null;
  const key = `${provider}\n${model}`;
  let prices = found.get(key);
  if (prices === undefined) {
    prices = ownPrices(provider, model) ?? listedPrices(provider, model) ?? null;
    found.set(key, prices);
  }
  return prices;
}

/** The user's own prices, by name: a model may be called `constructor`. */
function ownPrices(provider: ProviderName, model: string): Prices | undefined {
  const given = overrides(ENV.modelPrices, PriceOverrides)?.[provider] ?? {};
  return Object.hasOwn(given, model) ? (given[model] as Prices) : undefined;
}

function listedPrices(provider: ProviderName, model: string): Prices | undefined {
  const providerId = PROFILES[provider].price.list;
  if (providerId === null) return undefined;
  return calcPrice({}, model, { providerId })?.model_price as Prices | undefined;
}

function realTimePrice(prices: Prices | null, usage: Usage, promptLength: number): number | null {
  if (prices === null) return null;
  const { prompt_tokens, cached_tokens = 0, cache_write_tokens = 0, cache_write_1h_tokens = 0 } = usage;
  const { input_mtok, cache_read_mtok = input_mtok, cache_write_mtok = input_mtok } = prices;
  const { cache_write_1h_mtok = cache_write_mtok, output_mtok } = prices;
  const sum =
    priceOf(prompt_tokens - cached_tokens - cache_write_tokens, input_mtok, promptLength) +
    priceOf(cached_tokens, cache_read_mtok, promptLength) +
    priceOf(cache_write_tokens - cache_write_1h_tokens, cache_write_mtok, promptLength) +
    priceOf(cache_write_1h_tokens, cache_write_1h_mtok, promptLength) +
    priceOf(usage.completion_tokens, output_mtok, promptLength);
  return Number.isNaN(sum) ? null : sum;
}

/** US dollars of one kind of token; NaN when there are some, and no price for them. */
function priceOf(tokens: number, price: Price | undefined, promptLength: number): number {
  if (tokens <= 0) return 0;
  if (price === undefined) return Number.NaN;
  return (tokens * rateAt(price, promptLength)) / 1e6;
}

function rateAt(price: Price, promptLength: number): number {
  if (typeof price === "number") return price;
  return price.tiers.findLast(({ start }) => promptLength > start)?.price ?? price.base;
}
