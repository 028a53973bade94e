import { expect, test } from "vitest";
import type { Usage } from "../../../../shared/models.ts";
import { RoundBill } from "../../../../shared/round/round-bill.ts";
import { recordOf } from "../../../harness/record.ts";

const usageOf = (prompt_tokens: number, completion_tokens: number): Usage => ({
  prompt_tokens,
  completion_tokens,
  total_tokens: prompt_tokens + completion_tokens,
});
const answer = (usage: Usage, model?: string) => ({
  response: { usage },
  ...(model && { model }),
});
const NOTHING = { response: null };

function billOf(more: Parameters<typeof recordOf>[0]): RoundBill {
  return new RoundBill(recordOf({ model: "gpt-4.1-mini", request_count: 4, ...more }));
}

test("an answer is billed once, whatever comes for its line before and after", () => {
  const bill = billOf({ job_id: "once" });
  bill.add(1, NOTHING);
  bill.add(1, answer(usageOf(0, 0)));
  bill.add(1, answer(usageOf(10, 5)));
  bill.add(1, answer(usageOf(10, 5)));
  bill.add(2, answer(usageOf(20, 1)));
  bill.close();
  expect(bill.usage).toEqual(usageOf(30, 6));
  expect(bill.bill["gpt-4.1-mini"]?.cost_usd).toBeCloseTo((30 * 0.2 + 6 * 0.8) / 1e6, 15);
  expect(bill.billed).toEqual([1, 2]);
});

test("an answer without a word on its tokens is known for that, unless the batch's total has them", () => {
  const silent = { ...answer(usageOf(0, 0)), status: "succeeded" as const };
  const bill = billOf({ job_id: "silent" });
  for (const line of [1, 2]) bill.add(line, silent);
  bill.add(2, answer(usageOf(10, 5)));
  bill.add(3, { ...silent, status: "failed" });
  expect(bill.unpriced).toEqual([1]);
  const told = billOf({ job_id: "told", usage: usageOf(100, 40) });
  told.add(1, silent);
  expect(told.unpriced).toEqual([]);
});

test("a run that resumes where another stopped bills no line again", () => {
  const first = billOf({ job_id: "on" });
  first.add(1, answer(usageOf(10, 5)));
  const kept = JSON.parse(JSON.stringify({ bill: first.bill, billed: first.billed }));
  const second = new RoundBill(recordOf({ job_id: "on", model: "gpt-4.1-mini" }), kept);
  second.add(1, answer(usageOf(10, 5)));
  second.add(2, answer(usageOf(1, 1)));
  expect(second.usage).toEqual(usageOf(11, 6));
});

test("tokens that the provider reports for the whole batch make up for lost lines", () => {
  const usage = { ...usageOf(100, 40), cached_tokens: 30, reasoning_tokens: 7 };
  const bill = billOf({ job_id: "lost", usage });
  bill.add(1, answer({ ...usageOf(25, 10), cached_tokens: 30 }));
  bill.close();
  expect(bill.usage).toEqual(usage);
});

test("a report of fewer tokens than the answers have is not believed", () => {
  const bill = billOf({ job_id: "fewer", usage: usageOf(5, 5) });
  bill.add(1, answer(usageOf(25, 10)));
  bill.close();
  expect(bill.usage).toEqual(usageOf(25, 10));
});

test("lost answers have the price of a request of usual length, not that of one as long as all together", () => {
  const bill = billOf({ job_id: "long", model: "gpt-5.4", usage: usageOf(400_000, 0) });
  bill.close();
  expect(bill.bill["gpt-5.4"]?.real_time_usd).toBeCloseTo(0.4 * 2.5, 12);
  const one = billOf({ job_id: "one", model: "gpt-5.4" });
  one.add(1, answer(usageOf(400_000, 0)));
  expect(one.bill["gpt-5.4"]?.real_time_usd).toBeCloseTo(0.4 * 5, 12);
});

test("an answer that names its model is billed under it", () => {
  const bill = billOf({ job_id: "models", provider: "anthropic", model: "claude-haiku-4-5" });
  bill.add(1, answer(usageOf(1, 1), "claude-haiku-4-5-20251001"));
  bill.add(2, answer(usageOf(1, 1), "claude-opus-4-6"));
  bill.add(3, answer(usageOf(1, 1)));
  expect(Object.keys(bill.bill)).toEqual([
    "claude-haiku-4-5-20251001",
    "claude-opus-4-6",
    "claude-haiku-4-5",
  ]);
});
