/** What a job has cost, from what its rounds have cost. */
import type { Bill, Receipt } from "../models.ts";
import { addBill, addToBill, emptyBill, roundCosts, totalOf, unpricedModels } from "./sums.ts";

/**
 * The day on which the price list was published: version 0.1.8 of @pydantic/genai-prices. It stands here, apart from
 * the list, as the list is large and most who show the date need no prices.
 */
export const PRICES_DATE = "2026-09-23";

/** The receipt of all rounds together. Costs are rounded to billionths of a dollar. */
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
