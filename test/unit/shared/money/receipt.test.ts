import { expect, test } from "vitest";
import { chargeFor } from "../../../../shared/money/prices.ts";
import { jobReceipt, PRICES_DATE, receiptOf, sumOfReceipts } from "../../../../shared/money/receipt.ts";

const usage = { prompt_tokens: 1_000, completion_tokens: 100, total_tokens: 1_100 };

test("rounds add up by model and in total", () => {
  const mini = chargeFor("openai", "gpt-4.1-mini", { ...usage, cached_tokens: 400 });
  const nano = chargeFor("openai", "gpt-4.1-nano", { ...usage, reasoning_tokens: 50 });
  const receipt = receiptOf([{ "gpt-4.1-mini": mini }, { "gpt-4.1-mini": mini, "gpt-4.1-nano": nano }, {}]);
  expect(receipt).toEqual({
    prompt_tokens: 3_000,
    completion_tokens: 300,
    total_tokens: 3_300,
    cached_tokens: 800,
    reasoning_tokens: 50,
    cost_usd: 0.00051,
    real_time_usd: 0.00102,
    models: {
      "gpt-4.1-mini": {
        prompt_tokens: 2_000,
        completion_tokens: 200,
        total_tokens: 2_200,
        cached_tokens: 800,
        cost_usd: 0.00044,
        real_time_usd: 0.00088,
      },
      "gpt-4.1-nano": {
        ...usage,
        reasoning_tokens: 50,
        cost_usd: 0.00007,
        real_time_usd: 0.00014,
      },
    },
    unpriced_models: [],
    prices_date: PRICES_DATE,
  });
});

test("one model without a price: the sums are unknown, the other model's are not", () => {
  const known = chargeFor("anthropic", "claude-haiku-4-5", usage);
  const receipt = receiptOf([
    { "claude-haiku-4-5": known, "claude-9": chargeFor("anthropic", "claude-9", usage) },
  ]);
  expect(receipt).toMatchObject({
    prompt_tokens: 2_000,
    cost_usd: null,
    real_time_usd: null,
    unpriced_models: ["claude-9"],
    models: { "claude-haiku-4-5": { cost_usd: 0.00075 }, "claude-9": { cost_usd: null } },
  });
});

test("nothing billed costs nothing", () => {
  expect(receiptOf([])).toMatchObject({ total_tokens: 0, cost_usd: 0, unpriced_models: [] });
});

test("batch and real time are told apart, and add up; so do the receipts of a job and its retry", () => {
  const charge = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12, cost_usd: 1, real_time_usd: 2 };
  const now = { ...charge, cost_usd: 2 };
  const unknown = { batch: 0, real_time: 1 };
  const job = jobReceipt({ batch: [{ m: charge }], real_time: [{ m: now }], unknown });
  expect(job).toMatchObject({ total_tokens: 24, cost_usd: 3, real_time_usd: 4, unknown });
  expect([job.batch?.cost_usd, job.real_time?.cost_usd]).toEqual([1, 2]);
  const none = { batch: 0, real_time: 0 };
  const plain = jobReceipt({ batch: [{ m: charge }], real_time: [], unknown: none });
  expect(plain).not.toHaveProperty("real_time");
  expect(plain).not.toHaveProperty("unknown");
  const both = sumOfReceipts([plain, job]);
  expect(both).toMatchObject({ cost_usd: 4, total_tokens: 36, unknown });
  expect([both.batch?.cost_usd, both.real_time?.cost_usd]).toEqual([2, 2]);
  expect(sumOfReceipts([plain, plain])).not.toHaveProperty("batch");
});
