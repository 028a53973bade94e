/** Sums of what is counted: items, tokens, money. */
import type { Bill, Charge, ItemCounts, Usage } from "../models.ts";

export const NO_COUNTS: Readonly<ItemCounts> = {
  succeeded: 0,
  failed: 0,
  invalid: 0,
  expired: 0,
  cancelled: 0,
};

export const NO_USAGE: Readonly<Usage> = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };

export function addCounts(a: ItemCounts, b: ItemCounts): ItemCounts {
  return {
    succeeded: a.succeeded + b.succeeded,
    failed: a.failed + b.failed,
    invalid: a.invalid + b.invalid,
    expired: a.expired + b.expired,
    cancelled: a.cancelled + b.cancelled,
  };
}

const DETAILS = ["cached_tokens", "cache_write_tokens", "cache_write_1h_tokens", "reasoning_tokens"] as const;

/** How many items are counted, whatever became of them. */
export function itemsIn(counts: Partial<ItemCounts>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** Sum of two counts of tokens, exact or `MAX_SAFE_INTEGER`: the table takes no larger number. */
function addTokens(a: number, b: number): number {
  return Math.min(a + b, Number.MAX_SAFE_INTEGER);
}

/** Sum of two usages; a detail that neither has stays absent. */
export function addUsage(a: Usage, b: Usage): Usage {
  const sum: Usage = {
    prompt_tokens: addTokens(a.prompt_tokens, b.prompt_tokens),
    completion_tokens: addTokens(a.completion_tokens, b.completion_tokens),
    total_tokens: addTokens(a.total_tokens, b.total_tokens),
  };
  for (const detail of DETAILS) {
    if (a[detail] !== undefined || b[detail] !== undefined) {
      sum[detail] = addTokens(a[detail] ?? 0, b[detail] ?? 0);
    }
  }
  return sum;
}

export const NO_CHARGE: Readonly<Charge> = { ...NO_USAGE, cost_usd: 0, real_time_usd: 0 };

/** Sum of two charges; with a cost that is not known, the sum's is not known. */
function addCharge(a: Charge, b: Charge): Charge {
  const sum = { ...a };
  increase(sum, b);
  return sum;
}

/** A charge to billionths of a dollar: sums of small fractions leave digits that mean nothing. */
export function roundCosts(charge: Charge): Charge {
  const round = (usd: number | null) => usd && Math.round(usd * 1e9) / 1e9;
  return { ...charge, cost_usd: round(charge.cost_usd), real_time_usd: round(charge.real_time_usd) };
}

/** A bill of nothing, without a prototype: a model may have any name. */
export function emptyBill(): Bill {
  return Object.create(null);
}

/** Adds to what a model has cost so far. The bill must have no prototype, as `emptyBill` and `Bill.parse` make it. */
export function addToBill(bill: Bill, model: string, charge: Charge): void {
  const sum = bill[model];
  if (sum) increase(sum, charge);
  // biome-ignore lint/plugin: a bill has no prototype
  else bill[model] = { ...charge };
}

/** A charge for the same tokens, asked in real time. */
export function inRealTime(charge: Charge): Charge {
  return { ...charge, cost_usd: charge.real_time_usd };
}

/** Adds to a bill, in place. */
export function addBill(bill: Bill, more: Bill): void {
  for (const [model, charge] of Object.entries(more)) addToBill(bill, model, charge);
}

/** All of a bill in one charge; with a cost that is not known, the sum's is not known. */
export function totalOf(bill: Bill): Charge {
  return Object.values(bill).reduce(addCharge, NO_CHARGE);
}

/** The models whose cost is not known: they have no price. */
export function unpricedModels(bill: Bill): string[] {
  return Object.keys(bill).filter((model) => bill[model]?.cost_usd === null);
}

/** In place: it is done for every request and every answer. */
function increase(sum: Charge, charge: Charge): void {
  sum.prompt_tokens = addTokens(sum.prompt_tokens, charge.prompt_tokens);
  sum.completion_tokens = addTokens(sum.completion_tokens, charge.completion_tokens);
  sum.total_tokens = addTokens(sum.total_tokens, charge.total_tokens);
  for (const detail of DETAILS) {
    const more = charge[detail];
    if (more !== undefined) sum[detail] = addTokens(sum[detail] ?? 0, more);
  }
  sum.cost_usd = addUsd(sum.cost_usd, charge.cost_usd);
  sum.real_time_usd = addUsd(sum.real_time_usd, charge.real_time_usd);
}

function addUsd(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}
