/** What each answer was billed. Apart from the other columns, as it carries the price list. */
import type { JobSpec, Usage } from "../models.ts";
import { chargeFor } from "../money/prices.ts";
import { PROFILES } from "../providers/list.ts";
import { type Column, textCell } from "./columns.ts";

/** US dollars, at batch or real-time prices, of a row's own answer; null where there is none, or no price for its model. */
export function costColumn({ provider, model, prices }: JobSpec): Column {
  const { mixes_models } = PROFILES[provider];
  return {
    name: "cost_usd",
    type: "number",
    cell(row) {
      const source = row.at("response", "usage");
      if (source === null) return null;
      const usage = JSON.parse(source) as Usage;
      if (usage.total_tokens === 0) return null;
      // Billed as the receipt is: where a batch has one model alone, by the name that the job has for it.
      const answered = mixes_models && textCell(row.at("response", "raw", "model"));
      const charge = chargeFor(provider, answered || model, usage, prices);
      const cost_usd = row.at("raw", "real_time") === "true" ? charge.real_time_usd : charge.cost_usd;
      return cost_usd && Math.round(cost_usd * 1e12) / 1e12;
    },
  };
}
