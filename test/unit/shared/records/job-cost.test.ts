/** What a cap cannot see counts as all that it could be. */
import { expect, test } from "vitest";
import { emptyBill } from "../../../../shared/money/sums.ts";
import { costOf } from "../../../../shared/records/job-cost.ts";
import { recordOf } from "../../../harness/record.ts";

const quote = {
  prompt_tokens: 10,
  completion_tokens: 40,
  total_tokens: 50,
  cost_usd: 4,
  real_time_usd: 8,
  input_usd: 1,
};
const tokens = { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20, cached_tokens: 0 };
const billed = {
  ...emptyBill(),
  m: { ...tokens, reasoning_tokens: 0, cost_usd: 1, real_time_usd: 2 },
};
const round = (more: object) => recordOf({ job_id: "j", request_count: 4, quote, ...more });

test.each([
  ["a round under way: its quote", round({ status: "in_progress" }), 4],
  ["a collected round: its bill", round({ collected: true, billed }), 1],
  [
    "with an answer whose tokens nobody told: its share of the quote beside",
    round({ collected: true, billed, unpriced: 1 }),
    2,
  ],
  [
    "with a request in real time that broke off: the same",
    round({ collected: true, billed, unknown_requests: 2 }),
    3,
  ],
  ["in real time and under way: its quote, whatever is billed by now", round({ real_time: true, billed }), 4],
  ["under way, with one that broke off", round({ status: "in_progress", unknown_requests: 1 }), 5],
  ["a round that was never sent: nothing", round({ status: "failed", provider_batch_id: undefined }), 0],
  ["without a quote: infinite", round({ status: "in_progress", quote: undefined }), Number.POSITIVE_INFINITY],
])("%s", (_, record, usd) => {
  expect(costOf(record, 0)).toBe(usd);
});
