/** Money for people. */
import type { Receipt } from "../../shared/models.ts";
import { number } from "./numbers.ts";

/** US dollars with as many digits as tell: `0.0123`, `4.56`, `1,234.50`. */
export function usd(value: number): string {
  const digits = value === 0 || value >= 1 ? 2 : Math.min(9, 3 - Math.floor(Math.log10(value)));
  return value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: digits });
}

/** A receipt in one line. `origin`: who answered, where it was not the provider at its own address. */
export function costText(
  {
    cost_usd,
    real_time_usd,
    unpriced_models,
    prices_date,
  }: Pick<Receipt, "cost_usd" | "real_time_usd" | "unpriced_models" | "prices_date">,
  origin?: string,
): string {
  if (cost_usd === null && origin) return `cost unknown: the models are those of ${origin}`;
  if (cost_usd === null || real_time_usd === null)
    return `cost unknown: no price for ${unpriced_models.join(", ")} in the list of ${prices_date}`;
  return `cost ${usd(cost_usd)} USD at batch prices; ${usd(real_time_usd)} in real time (prices of ${prices_date})`;
}

/** What a job has cost so far, in few characters; empty when nothing was billed, or nothing can be said. */
export function costSoFar(receipt: Receipt | undefined): string {
  if (!receipt || receipt.total_tokens === 0) return "";
  const tokens = `${number(receipt.total_tokens)} tokens`;
  return receipt.cost_usd === null ? tokens : `${usd(receipt.cost_usd)} USD, ${tokens}`;
}
