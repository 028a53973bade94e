/** What requests will cost at most, told before they are sent. */
import { z } from "zod";
import { Bill, type Charge } from "../models.ts";
import { addBill, emptyBill, totalOf } from "./sums.ts";

export const Quote = z.object({
  requests: z.int().nonnegative(),
  /** Requests that give no limit of output tokens: what they cost at most is not known. */
  unlimited: z.int().nonnegative(),
  /** The input alone, its tokens estimated. */
  input: Bill,
  /** The input, and for each request as many output tokens as it allows. */
  most: Bill,
});
/** What some requests cost at most, by model. */
export type Quote = z.infer<typeof Quote>;

/** The quote of no requests, to be added to. */
export function emptyQuote(): Quote {
  return { requests: 0, unlimited: 0, input: emptyBill(), most: emptyBill() };
}

/** Several quotes as one. */
export function addQuotes(quotes: readonly Quote[]): Quote {
  const sum = emptyQuote();
  for (const quote of quotes) {
    sum.requests += quote.requests;
    sum.unlimited += quote.unlimited;
    addBill(sum.input, quote.input);
    addBill(sum.most, quote.most);
  }
  return sum;
}

/** The most in one charge; its costs are null when a model has no price, or a request no limit. */
export function mostOf({ most, unlimited }: Quote): Charge {
  const sum = totalOf(most);
  return unlimited === 0 ? sum : { ...sum, cost_usd: null, real_time_usd: null };
}
