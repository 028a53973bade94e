import { expect, test } from "vitest";
import { costText, usd } from "../../../cli/output/cost.ts";

test.each([
  [0, "0.00"],
  [0.000000123, "0.000000123"],
  [0.01234567, "0.01235"],
  [0.5, "0.50"],
  [4.567, "4.57"],
  [1234.5, "1,234.50"],
])("%d dollars: %s", (value, text) => {
  expect(usd(value)).toBe(text);
});

test("a cost, and one that is not known", () => {
  const prices = { prices_date: "2026-09-23", unpriced_models: [] };
  expect(costText({ ...prices, cost_usd: 0.0123, real_time_usd: 0.0246 })).toBe(
    "cost 0.0123 USD at batch prices; 0.0246 in real time (prices of 2026-09-23)",
  );
  const charge = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2, real_time_usd: 0.0123 };
  const receipt = {
    ...{ ...prices, cost_usd: 0.0123, real_time_usd: 0.0223 },
    ...{ batch: { ...charge, cost_usd: 0.01 }, real_time: { ...charge, cost_usd: 0.0023 } },
  };
  expect(costText({ ...receipt, unknown: { batch: 0, real_time: 1 } })).toBe(
    "cost 0.0123 USD: 0.01 by batch, 0.0023 asked in real time (prices of 2026-09-23); " +
      "not in it, and perhaps billed: at most 1 request in real time that nobody can price",
  );
  expect(costText({ ...receipt, unknown: { batch: 2, real_time: 0 } })).toContain(
    "; not in it, and perhaps billed: at most 2 requests by batch that nobody can price",
  );
  expect(costText({ ...prices, cost_usd: null, real_time_usd: null, unpriced_models: ["gpt-99"] })).toBe(
    "cost unknown: no price for gpt-99 in the list of 2026-09-23",
  );
});
