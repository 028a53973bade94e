import { expect, test } from "vitest";
import { checkCost } from "../../../../functions/prepare-job/check-cost.ts";
import { InvalidJobError } from "../../../../shared/errors.ts";
import type { Quote } from "../../../../shared/money/quote.ts";
import { NO_CHARGE } from "../../../../shared/money/sums.ts";

/** A batch of ten requests that cost 2 dollars at most, or have no price: by batch, or also in real time. */
function batch(cost_usd: number | null = 2, unlimited = 0, real_time_usd = cost_usd): Quote {
  const charge = { ...NO_CHARGE, prompt_tokens: 1_500, completion_tokens: 9_000, cost_usd, real_time_usd };
  return { requests: 10, unlimited, input: {}, most: { m: charge } };
}

test("a job within its cap goes, and one without a cap", () => {
  checkCost([batch(), batch()], 4);
  checkCost([batch(null, 3)], undefined);
});

test.each([
  [
    [batch(), batch()],
    3.99,
    "max_cost_usd is 3.99, and the job may cost 4.000 US dollars: about 3,000 tokens of input and at most 18,000 of output",
  ],
  [[batch(), batch(2, 4)], 100, "4 of 20 requests do not limit their output tokens"],
  [[batch(), batch(null)], 100, "has no price for m: give it (--prices 0.8,3.2"],
  [[batch(), batch(null, 0, 4)], 100, 'give its share of the price in real time (--prices \'{"input_mtok"'],
])("refused, with what to do", (batches, cap, message) => {
  expect(() => checkCost(batches, cap)).toThrow(InvalidJobError);
  expect(() => checkCost(batches, cap)).toThrow(message);
});
