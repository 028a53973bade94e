/** The receipt: what the provider charged, to the token, however the job went. */
import { expect, test } from "vitest";
import { handler as collectResults } from "../../functions/collect-results/handler.ts";
import { handler as finalizeJob } from "../../functions/finalize-job/handler.ts";
import { doubledLines, missingLines, strike } from "../../local/sandbox/faults.ts";
import type { ProviderStats } from "../../local/sandbox/sandbox.ts";
import type { Receipt } from "../../shared/models.ts";
import { chargeFor } from "../../shared/money/prices.ts";
import { totalOf } from "../../shared/money/sums.ts";
import { type BatchRecord, readBatch } from "../../shared/records/batch-record.ts";
import { costOf, roundMost } from "../../shared/records/job-cost.ts";
import { updateJob } from "../../shared/records/job-record.ts";
import {
  itemLine,
  itemLines,
  type JobRun,
  jobAt,
  MODELS,
  PROVIDERS,
  startWorld,
} from "../harness/harness.ts";
import { setBatch } from "../harness/record.ts";
import { chatServer } from "./chat-server.ts";
import type { TestProvider } from "./items.ts";

const world = await startWorld();

/** Operation that brings a batch's answers. */
const RESULTS: Record<TestProvider, string> = { openai: "files.content", anthropic: "batches.results" };

/** The tokens of a receipt as the sandbox counts them. */
function tokensOf(receipt: Receipt | undefined): ProviderStats["tokens_billed"] {
  const { prompt_tokens = -1, completion_tokens = -1, total_tokens = -1 } = receipt ?? {};
  const { cached_tokens = 0, cache_write_tokens = 0, reasoning_tokens = 0 } = receipt ?? {};
  const parts = { cached_tokens, cache_write_tokens, reasoning_tokens };
  return { prompt_tokens, completion_tokens, total_tokens, ...parts };
}

/** The records of a batch's rounds. */
async function roundsOf({ job_id }: JobRun): Promise<BatchRecord[]> {
  const rounds: BatchRecord[] = [];
  for (let round = 1; ; round++) {
    const record = await readBatch({ job_id, batch: 1, round });
    if (!record) return rounds;
    rounds.push(record);
  }
}

test.for(PROVIDERS)(
  "%s: retries, an expired round and a repeated collection: as the sandbox charged",
  async (provider) => {
    const name = `receipt-${provider}.jsonl`;
    // The connection is cut while the results are read: the step is run again.
    const cut = strike({ operation: RESULTS[provider], counts: [1] }, { kind: "cut", bytes: 700 });
    const sandbox = await world.sandbox({
      latencySeconds: 0.4,
      expirySeconds: 0.2,
      seed: `receipt ${provider}`,
      faults: cut,
    });
    const run = await world.run(itemLines(24), { job: jobAt(provider), name });
    expect(run.error).toBeUndefined();
    const rounds = await roundsOf(run);
    expect(rounds.length).toBe(3);
    expect(rounds.map(({ status }) => status)).toContain("expired");
    const { tokens_billed } = (await sandbox.stats())[provider];
    expect(tokens_billed.total_tokens).toBeGreaterThan(0);
    expect(tokensOf(run.summary?.receipt)).toEqual(tokens_billed);
    expect(run.summary?.usage).toMatchObject({ total_tokens: tokens_billed.total_tokens });
    // The price of the whole is that of its tokens: no request is long enough for another rate.
    const charge = chargeFor(provider, MODELS[provider], tokens_billed, undefined, 1);
    expect(run.summary?.receipt?.cost_usd).toBeCloseTo(charge.cost_usd ?? Number.NaN, 9);
    expect(run.summary?.receipt?.real_time_usd).toBeCloseTo(charge.real_time_usd ?? Number.NaN, 9);
    expect(run.summary?.receipt?.unpriced_models).toEqual([]);
    expect(run.record?.receipt).toEqual(run.summary?.receipt);
    expect(run.output).toMatchObject({ info: { receipt: run.summary?.receipt } });
  },
);

test.for(PROVIDERS)("%s: items that fail at first are paid when they are answered", async (provider) => {
  const usage = {
    prompt_tokens: 40,
    completion_tokens: 9,
    total_tokens: 49,
    prompt_tokens_details: { cached_tokens: 30, cache_write_tokens: 6 },
    completion_tokens_details: { reasoning_tokens: 5 },
  };
  const upstream = await chatServer((message, count) =>
    message.endsWith("3") && count < 3 ? { status: 503 } : { usage },
  );
  const sandbox = await world.sandbox({ upstream });
  const run = await world.run(itemLines(14), { job: jobAt(provider) });
  expect(run.results.every(({ status }) => status === "succeeded")).toBe(true);
  const charged = (await sandbox.stats())[provider].tokens_billed;
  expect(charged).toEqual({
    prompt_tokens: 14 * 40,
    completion_tokens: 14 * 9,
    total_tokens: 14 * 49,
    cached_tokens: 14 * 30,
    cache_write_tokens: 14 * 6,
    reasoning_tokens: 14 * 5,
  });
  expect(tokensOf(run.summary?.receipt)).toEqual(charged);
  const rounds = await roundsOf(run);
  expect(rounds.map(({ usage }) => usage?.total_tokens)).toEqual([12 * 49, 0, 2 * 49]);
});

test.for(PROVIDERS)("%s: a result line that comes twice was paid once", async (provider) => {
  const twice = strike(
    { operation: RESULTS[provider] },
    doubledLines((at) => at % 2 === 0),
  );
  const sandbox = await world.sandbox({ faults: twice });
  const run = await world.run(itemLines(6), { job: jobAt(provider) });
  expect(tokensOf(run.summary?.receipt)).toEqual((await sandbox.stats())[provider].tokens_billed);
});

test("openai: answers that are lost from the files are in the receipt, as the batch reports them", async () => {
  const lost = strike(
    // The file is read again as often as its counts promise more.
    { operation: "files.content", counts: [1, 2, 3, 4] },
    missingLines((at) => at < 2),
  );
  const sandbox = await world.sandbox({ faults: lost });
  const run = await world.run(itemLines(6), { job: jobAt("openai") });
  expect(run.results.every(({ status }) => status === "succeeded")).toBe(true);
  const stats = (await sandbox.stats()).openai;
  // Two items were answered and paid twice.
  expect(stats.requests_billed).toBe(8);
  expect(tokensOf(run.summary?.receipt)).toEqual(stats.tokens_billed);
});

test("anthropic: answers that are lost from the results may be billed: the receipt says how many, and a cap sees them", async () => {
  const lost = strike(
    { operation: "batches.results", counts: [1, 2, 3, 4] },
    missingLines((at) => at < 2),
  );
  const sandbox = await world.sandbox({ faults: lost });
  const run = await world.run(itemLines(6), { job: jobAt("anthropic") });
  expect(run.results.every(({ status }) => status === "succeeded")).toBe(true);
  expect((await sandbox.stats()).anthropic.requests_billed).toBe(8);
  expect(run.summary?.receipt?.unknown).toEqual({ batch: 2, real_time: 0 });
  const [first, second] = await roundsOf(run);
  expect(second).not.toHaveProperty("unknown_requests");
  const quote = first && roundMost(first, 0);
  const known = totalOf(first?.billed ?? {}).cost_usd ?? Number.NaN;
  expect(first && costOf(first, 0)).toBeCloseTo(known + ((quote ?? Number.NaN) * 2) / 6, 12);
});

test("openai: embeddings", async () => {
  const sandbox = await world.sandbox();
  const job = jobAt("openai", { model: "text-embedding-3-small", endpoint: "/v1/embeddings" });
  const run = await world.run([itemLine("a", "some words to embed"), itemLine("b", "others")], { job });
  const { tokens_billed } = (await sandbox.stats()).openai;
  expect(tokensOf(run.summary?.receipt)).toEqual(tokens_billed);
  expect(run.summary?.receipt?.cost_usd).toBeGreaterThan(0);
});

test("anthropic: models of one job are told apart; one without a price leaves the sum unknown", async () => {
  const upstream = await chatServer(() => ({
    usage: { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 },
  }));
  await world.sandbox({ upstream });
  const lines = [itemLine("a", "one"), itemLine("b", "two", { model: "claude-of-tomorrow" })];
  const run = await world.run(lines, { job: jobAt("anthropic") });
  const { receipt } = run.summary ?? {};
  expect(receipt).toMatchObject({
    prompt_tokens: 20,
    cost_usd: null,
    real_time_usd: null,
    unpriced_models: ["claude-of-tomorrow"],
  });
  expect(receipt?.models["claude-sonnet-4-5"]?.cost_usd).toBeCloseTo((10 * 3 + 15) / 2e6, 9);
});

test("a collection that died just before its record, run again, and the end after it: the same receipt", async () => {
  await world.sandbox();
  const run = await world.run(itemLines(3), { job: jobAt("anthropic") });
  const state = { job_id: run.job_id, batch: 1, round: 1, min_poll_seconds: 1 };
  const { billed } = (await readBatch(state)) ?? {};
  await setBatch(state, { collected: undefined, billed: undefined, usage: undefined });
  await collectResults(state);
  expect(await readBatch(state)).toMatchObject({ collected: true, billed });
  const { execution = "", status = "completed" } = run.record ?? {};
  // As if the job had not been put together yet.
  if (run.record) await updateJob(run.record, status, 1, { tally: undefined });
  const again = await finalizeJob({ job_id: run.job_id, execution });
  expect(again).toMatchObject({ more: false, info: { receipt: run.summary?.receipt } });
});
