/** What a whole job costs by the answers to a few of its rows. */
import type { Charge } from "../../shared/models.ts";
import type { FileQuote } from "../input/quote-file.ts";
import type { TriedRow } from "./try-rows.ts";

/** Sums for all items that would be sent. */
export type Projection = Pick<
  Charge,
  "prompt_tokens" | "completion_tokens" | "cost_usd" | "real_time_usd"
> & {
  items: number;
};

/** Each item is taken for the mean of the rows that were answered; null when none was. */
export function projected(rows: readonly TriedRow[], { items, invalid }: FileQuote): Projection | null {
  const charges = rows.flatMap(({ charge }) => charge ?? []);
  if (charges.length === 0) return null;
  const sent = items - invalid;
  const scaled = (of: (charge: Charge) => number) =>
    (charges.reduce((sum, charge) => sum + of(charge), 0) / charges.length) * sent;
  const price = (of: (charge: Charge) => number | null) =>
    charges.some((charge) => of(charge) === null) ? null : scaled((charge) => of(charge) ?? 0);
  return {
    items: sent,
    prompt_tokens: Math.round(scaled(({ prompt_tokens }) => prompt_tokens)),
    completion_tokens: Math.round(scaled(({ completion_tokens }) => completion_tokens)),
    cost_usd: price(({ cost_usd }) => cost_usd),
    real_time_usd: price(({ real_time_usd }) => real_time_usd),
  };
}
