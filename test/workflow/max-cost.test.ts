/** `max_cost_usd`: what could cost more is not sent. */
import { expect, test } from "vitest";
import { readBatch } from "../../shared/records/batch-record.ts";
import { itemLine, itemLines, jobAt, PROVIDERS, startWorld } from "../harness/harness.ts";
import { chatServer } from "./chat-server.ts";

const world = await startWorld();

test.for(PROVIDERS)("%s: a job that may cost more is refused before anything is sent", async (provider) => {
  const sandbox = await world.sandbox();
  const lines = itemLines(10);
  const run = await world.run(lines, { job: jobAt(provider, { max_cost_usd: 0.001 }) });
  expect(run.error).toContain("max_cost_usd is 0.001, and the job may cost 0.");
  expect(run.record).toMatchObject({ status: "failed", error: expect.stringContaining("nothing was sent") });
  expect((await sandbox.stats())[provider].batches_created).toBe(0);
  // With a higher cap it is the same job, and goes.
  const again = await world.runAgain(run.key, { job: jobAt(provider, { max_cost_usd: 1 }) });
  expect(again.job_id).toBe(run.job_id);
  expect(again.summary).toMatchObject({ status: "completed", counts: { succeeded: 10 } });
  expect(again.record?.max_cost_usd).toBe(1);
});

test("what cannot be calculated cannot be capped: a model without a price, a request without a limit", async () => {
  const sandbox = await world.sandbox();
  const unpriced = jobAt("openai", { model: "ft:gpt-4.1-mini:acme::x", max_cost_usd: 1 });
  expect((await world.run(itemLines(2), { job: unpriced })).error).toContain("no price for ft:gpt-4.1-mini");
  const unlimited = itemLine("a", "b", { extra: { max_completion_tokens: null } });
  const run = await world.run([unlimited, ...itemLines(2)], { job: jobAt("openai", { max_cost_usd: 1 }) });
  expect(run.error).toContain("1 of 3 requests do not limit their output tokens");
  expect((await sandbox.stats()).openai.batches_created).toBe(0);
});

test("a job that was refused for want of a price goes with one: the same job, billed by it", async () => {
  await world.sandbox();
  const settings = { model: "ft:gpt-4.1-mini:acme::mine", max_cost_usd: 1 };
  const run = await world.run(itemLines(2), { job: jobAt("openai", settings) });
  expect(run.error).toContain("no price for ft:gpt-4.1-mini:acme::mine");
  expect(run.error).toContain("--prices");
  const prices = { input_mtok: 1, output_mtok: 10, batch_share: 0.25 };
  const again = await world.runAgain(run.key, { job: jobAt("openai", { ...settings, prices }) });
  expect(again.job_id).toBe(run.job_id);
  const { prompt_tokens = 0, completion_tokens = 0, cost_usd } = again.summary?.receipt ?? {};
  expect(cost_usd).toBeCloseTo((0.25 * (prompt_tokens + 10 * completion_tokens)) / 1e6, 12);
});

test.for(PROVIDERS)("%s: a further round that could pass the cap is not sent", async (provider) => {
  // Every answer costs far more input than was estimated, and one item has to be tried again.
  const usage = { prompt_tokens: 100_000, completion_tokens: 1, total_tokens: 100_001 };
  const upstream = await chatServer((message) => (message.endsWith("3") ? { status: 503 } : { usage }));
  const sandbox = await world.sandbox({ upstream });
  const lines = itemLines(5);
  const max_cost_usd = { openai: 0.05, anthropic: 0.3 }[provider];
  const run = await world.run(lines, { job: jobAt(provider, { max_cost_usd, max_rounds: 9 }) });
  expect(run.error).toBeUndefined();
  expect(run.summary).toMatchObject({ status: "completed", counts: { succeeded: 4, failed: 1 } });
  expect(run.results[2]).toMatchObject({ status: "failed", response: null });
  expect(run.results[2]?.error).toMatch(/not sent: .* max_cost_usd of 0\.\d+$/);
  expect(run.failed).toBe(`${lines[2]}\n`);
  expect((await sandbox.stats())[provider].batches_created).toBe(1);
  const second = await readBatch({ job_id: run.job_id, batch: 1, round: 2 });
  expect(second).toMatchObject({ status: "failed", over_cost: true, billed: {}, items_left: 0 });
  expect(run.summary?.receipt?.prompt_tokens).toBe(400_000);
});

test("further rounds within the cap are sent", async () => {
  const usage = { prompt_tokens: 30, completion_tokens: 5, total_tokens: 35 };
  const upstream = await chatServer((message, count) =>
    message.endsWith("3") && count < 3 ? { status: 503 } : { usage },
  );
  await world.sandbox({ upstream });
  const run = await world.run(itemLines(5), { job: jobAt("openai", { max_cost_usd: 0.05 }) });
  expect(run.summary).toMatchObject({ status: "completed", counts: { succeeded: 5 } });
});
