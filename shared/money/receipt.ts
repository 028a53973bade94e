/** What a job has cost, from what its rounds have cost. */
import { type Bill, Charge, type Receipt } from "../models.ts";
import type { RoundBills } from "../records/batch-record.ts";
import { addBill, addToBill, emptyBill, NO_CHARGE, roundCosts, totalOf, unpricedModels } from "./sums.ts";

/**
 * The day on which the price list was published: version 0.1.8 of @pydantic/genai-prices. It stands here, apart from
 * the list: that is large, and most who show the date need no prices.
 */
export const PRICES_DATE = "2026-09-23";

/** The receipt of all rounds of a job, as batches and in real time. */
export function jobReceipt({ batch, real_time, unknown }: RoundBills): Receipt {
  const all = receiptOf([...batch, ...real_time]);
  if (unknown.batch + unknown.real_time > 0) all.unknown = unknown;
  if (real_time.length === 0) return all;
  return { ...all, batch: sumOf(batch), real_time: sumOf(real_time) };
}

/** One receipt for several jobs. Costs are rounded to billionths of a dollar. */
export function sumOfReceipts(receipts: readonly Receipt[]): Receipt {
  const all = receiptOf(receipts.map(({ models }) => models));
  const unknown = { batch: 0, real_time: 0 };
  for (const receipt of receipts) {
    unknown.batch += receipt.unknown?.batch ?? 0;
    unknown.real_time += receipt.unknown?.real_time ?? 0;
  }
  if (unknown.batch + unknown.real_time > 0) all.unknown = unknown;
  if (!receipts.some(({ real_time }) => real_time)) return all;
  // Without parts, all of a receipt was asked by batch.
  const batch = receipts.map((receipt) => ({ "": Charge.parse(receipt.batch ?? receipt) }));
  const real_time = receipts.map((receipt) => ({ "": receipt.real_time ?? NO_CHARGE }));
  return { ...all, batch: sumOf(batch), real_time: sumOf(real_time) };
}

function sumOf(bills: readonly Bill[]): Charge {
  const sum = emptyBill();
  for (const bill of bills) addBill(sum, bill);
  return roundCosts(totalOf(sum));
}

/** The receipt of some bills together. Costs are rounded to billionths of a dollar. */
export function receiptOf(rounds: Iterable<Bill>): Receipt {
  const sums = emptyBill();
  for (const round of rounds) addBill(sums, round);
  const models = emptyBill();
  for (const [model, charge] of Object.entries(sums)) addToBill(models, model, roundCosts(charge));
  return {
    ...roundCosts(totalOf(sums)),
    models,
    unpriced_models: unpricedModels(models),
    prices_date: PRICES_DATE,
  };
}
