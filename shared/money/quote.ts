/** What requests will cost at most, calculated before they are sent. */
import * as z from "zod";
import { Bill, type Charge, type RoundQuote, UnseenKind } from "../models.ts";
import { PRICES_DATE } from "./receipt.ts";
import { addBill, addToBill, emptyBill, inRealTime, totalOf, unpricedModels } from "./sums.ts";

export const Quote = z.object({
  requests: z.int().nonnegative(),
  /** Requests whose cost at most is not known: they give no limit of output tokens, or point to what cannot be counted. */
  unlimited: z.int().nonnegative(),
  /** Things that requests point to and for which the job has no allowance. */
  unseen: z.partialRecord(UnseenKind, z.int().positive()).optional(),
  /** The input alone, its tokens estimated. */
  input: Bill,
  /** The input, and for each request as many output tokens as it allows. */
  most: Bill,
});
/** What some requests cost at most, by model. */
export type Quote = z.infer<typeof Quote>;

export function emptyQuote(): Quote {
  return { requests: 0, unlimited: 0, input: emptyBill(), most: emptyBill() };
}

/** A quote of what is asked in real time. */
export function quoteInRealTime(quote: Quote): Quote {
  return { ...quote, input: billInRealTime(quote.input), most: billInRealTime(quote.most) };
}

function billInRealTime(bill: Bill): Bill {
  const sum = emptyBill();
  for (const [model, charge] of Object.entries(bill)) addToBill(sum, model, inRealTime(charge));
  return sum;
}

/** One quote for all: each number is the sum. */
export function addQuotes(quotes: readonly Quote[]): Quote {
  const sum = emptyQuote();
  for (const quote of quotes) {
    sum.requests += quote.requests;
    sum.unlimited += quote.unlimited;
    for (const kind of UnseenKind.options) addUnseen(sum, kind, quote.unseen?.[kind] ?? 0);
    addBill(sum.input, quote.input);
    addBill(sum.most, quote.most);
  }
  return sum;
}

/** Counts things of a kind that the job has no allowance for. */
export function addUnseen(quote: Quote, kind: UnseenKind, things: number): void {
  if (things > 0) quote.unseen = { ...quote.unseen, [kind]: (quote.unseen?.[kind] ?? 0) + things };
}

/** The most in one charge; its costs are null when a model has no price, or a request no limit. */
export function mostOf({ most, unlimited }: Quote): Charge {
  const sum = totalOf(most);
  return unlimited === 0 ? sum : { ...sum, cost_usd: null, real_time_usd: null };
}

/** Why costs are not known, and what a person can do: a model has no price, or its provider's batches have none. Null: they are. */
export function unpricedText({ most }: Quote): string | null {
  const models = unpricedModels(most);
  if (models.length === 0) return null;
  const names = models.join(", ");
  if (models.some((model) => most[model]?.real_time_usd === null))
    return `the price list of ${PRICES_DATE} has no price for ${names}: give it (--prices 0.8,3.2: US dollars a million tokens of input and output in real time)`;
  return `the price of ${names} in a batch is not known: give its share of the price in real time (--prices '{"input_mtok": 0.8, "output_mtok": 3.2, "batch_share": 0.5}')`;
}

/** The most of a round that is asked in real time. */
export function roundInRealTime(quote: RoundQuote): RoundQuote {
  const { cost_usd, real_time_usd, input_usd } = quote;
  const dearer = cost_usd && real_time_usd ? real_time_usd / cost_usd : 1;
  return { ...quote, cost_usd: real_time_usd, ...(input_usd && { input_usd: input_usd * dearer }) };
}

/** The most as the record of a round has it. */
export function roundQuote(quote: Quote): RoundQuote {
  return { ...mostOf(quote), input_usd: totalOf(quote.input).cost_usd };
}
