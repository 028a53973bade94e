/** Money for people. */
import type { Receipt } from "../../shared/models.ts";
import { counted, number } from "./numbers.ts";

/** US dollars with as many digits as matter: `0.0123`, `4.56`, `1,234.50`. */
export function usd(value: number): string {
  const digits = value === 0 || value >= 1 ? 2 : Math.min(9, 3 - Math.floor(Math.log10(value)));
  return value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: digits });
}

/** What of a receipt is said in a line. */
type Costs = Pick<Receipt, "cost_usd" | "real_time_usd" | "unpriced_models" | "prices_date"> &
  Partial<Pick<Receipt, "batch" | "real_time" | "unknown">>;

/** A receipt in one line. `origin`: who answered, where it was not the provider at its own address. */
export function costText(receipt: Costs, origin?: string): string {
  return [knownCost(receipt, origin), unknownRequests(receipt)].filter(Boolean).join("; ");
}

/** Requests that are in no sum, and may have been billed; empty when there are none. */
function unknownRequests({ unknown }: Costs): string {
  if (!unknown) return "";
  const kinds = [
    unknown.real_time > 0 && `${counted(unknown.real_time, "request")} in real time that nobody can price`,
    unknown.batch > 0 && `${counted(unknown.batch, "request")} by batch that nobody can price`,
  ];
  return `not in it, and perhaps billed: at most ${kinds.filter(Boolean).join(", ")}`;
}

function knownCost(
  { cost_usd, real_time_usd, unpriced_models, prices_date, batch, real_time }: Costs,
  origin?: string,
): string {
  if (cost_usd === null && origin) return `cost unknown: the models are those of ${origin}`;
  if (cost_usd === null || real_time_usd === null)
    return `cost unknown: no price for ${unpriced_models.join(", ")} in the list of ${prices_date}`;
  if (batch && real_time)
    return `cost ${usd(cost_usd)} USD: ${usd(batch.cost_usd ?? 0)} by batch, ${usd(real_time.cost_usd ?? 0)} asked in real time (prices of ${prices_date})`;
  return `cost ${usd(cost_usd)} USD at batch prices; ${usd(real_time_usd)} in real time (prices of ${prices_date})`;
}

/** What a job has cost so far, in few characters; empty when nothing was billed, or nothing can be said. */
export function costSoFar(receipt: Receipt | undefined): string {
  if (!receipt || receipt.total_tokens === 0) return "";
  const tokens = `${number(receipt.total_tokens)} tokens`;
  return receipt.cost_usd === null ? tokens : `${usd(receipt.cost_usd)} USD, ${tokens}`;
}
