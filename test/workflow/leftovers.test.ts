/** A provider that refuses small batches (Bedrock): what all batches leave over goes in one last round. */
import { expect, onTestFinished, test, vi } from "vitest";
import type { FaultPlan } from "../../local/sandbox/faults.ts";
import { namedFaults } from "../../local/sandbox/named-faults.ts";
import { readLeftovers } from "../../shared/objects/leftovers.ts";
import { readBatch } from "../../shared/records/batch-record.ts";
import { itemLines, type JobRun, startWorld } from "../harness/harness.ts";
import { MODELS } from "../harness/provider-models.ts";
import { leadToSandbox } from "../harness/providers.ts";

const world = await startWorld();
const ITEMS = 40;
const BATCH = 10;
const job = { provider: "bedrock", model: MODELS.bedrock } as const;

/** Bedrock that takes no fewer than `least` records, and fails a share of them for the time being. */
async function bedrock(least: number, failRate: number, seed: string, faults?: FaultPlan) {
  const sandbox = await world.sandbox({
    limits: { bedrock_records_min: least },
    failRate,
    seed,
    ...(faults && { faults }),
  });
  leadToSandbox("bedrock", sandbox);
  world.limits({ bedrock: { max_requests: BATCH, min_requests: least } });
  return sandbox;
}

/** Requests of each batch's first round, and of the last round. */
async function sizes({ job_id }: JobRun) {
  const found = [];
  for (let batch = 1; ; batch++) {
    const record = await readBatch({ job_id, batch, round: 1 });
    if (!record) return found;
    found.push(record.request_count);
  }
}

function expectEachLineOnce({ results }: JobRun): void {
  expect(results.map(({ line, custom_id }) => [line, custom_id])).toEqual(
    Array.from({ length: ITEMS }, (_, at) => [at + 1, expect.any(String)]),
  );
}

test("left-over lines of all batches are sent together, once, and stand at their places", async () => {
  const sandbox = await bedrock(6, 0.25, "pool");
  const run = await world.run(itemLines(ITEMS), { job });
  expect(run.error).toBeUndefined();
  expectEachLineOnce(run);
  const leftovers = await readLeftovers(run.job_id);
  expect(leftovers?.batch).toBe(5);
  const pooled = leftovers?.quote.requests ?? 0;
  expect(pooled).toBeGreaterThanOrEqual(6);
  expect(await sizes(run)).toEqual([BATCH, BATCH, BATCH, BATCH, pooled]);
  // No batch had enough for a round of its own.
  for (const batch of [1, 2, 3, 4])
    expect(await readBatch({ job_id: run.job_id, batch, round: 2 })).toBeNull();
  const { bedrock: stats } = await sandbox.stats();
  const succeeded = run.results.filter(({ status }) => status === "succeeded").length;
  expect(succeeded).toBeGreaterThan(ITEMS - pooled);
  expect(stats).toMatchObject({ batches_created: 5, requests_billed: succeeded });
  expect(run.summary?.counts).toMatchObject({ succeeded, failed: ITEMS - succeeded });
  expect(run.summary?.receipt?.prompt_tokens).toBe(stats.tokens_billed.prompt_tokens);
  expect(run.failed?.trimEnd().split("\n")).toHaveLength(ITEMS - succeeded);
});

test("too few even together: nothing more is sent, and each item keeps its own error", async () => {
  const sandbox = await bedrock(10, 0.1, "few");
  const run = await world.run(itemLines(ITEMS), { job });
  expectEachLineOnce(run);
  const failed = run.results.filter(({ status }) => status === "failed");
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.length).toBeLessThan(10);
  for (const { error } of failed) expect(error).toContain("HTTP 500");
  expect(await readLeftovers(run.job_id)).toBeNull();
  expect((await sandbox.stats()).bedrock.batches_created).toBe(4);
  expect(run.record).toMatchObject({ status: "completed" });
});

test("a last round that Bedrock refuses costs nothing, and the items keep their own errors", async () => {
  const refuse = { status: 400, body: { __type: "ValidationException", message: "Not now." } };
  let creates = 0;
  const faults = ({ operation }: { operation: string }) => {
    if (operation !== "batches.create" || ++creates <= 4) return undefined;
    return { kind: "answer" as const, answer: refuse };
  };
  const sandbox = await bedrock(6, 0.25, "pool", faults);
  const run = await world.run(itemLines(ITEMS), { job });
  expectEachLineOnce(run);
  expect((await readLeftovers(run.job_id))?.batch).toBe(5);
  for (const { error } of run.results.filter(({ status }) => status === "failed"))
    expect(error).toContain("HTTP 500");
  expect((await sandbox.stats()).bedrock.batches_created).toBe(4);
});

test("the last batch of a job is not too small: all have about the same size", async () => {
  const sandbox = await bedrock(6, 0, "even");
  const run = await world.run(itemLines(25), { job });
  expect(await sizes(run)).toEqual([9, 9, 7]);
  expect(run.summary?.counts).toMatchObject({ succeeded: 25, failed: 0 });
  expect((await sandbox.stats()).bedrock.batches_created).toBe(3);
});

// Found by the simulation: such a batch was sent, and refused as too small.
test("a batch with too few valid lines is not sent: they go in the last round", async () => {
  const sandbox = await bedrock(6, 0, "invalid");
  const lines = itemLines(3 * BATCH).map((line, at) => (at >= 2 * BATCH + 3 ? "no JSON" : line));
  const run = await world.run(lines, { job });
  expect(run.error).toBeUndefined();
  expect(run.summary?.counts).toMatchObject({ succeeded: 2 * BATCH, failed: 3, invalid: 7 });
  expect(await readBatch({ job_id: run.job_id, batch: 3, round: 1 })).toMatchObject({
    too_few: true,
    left_over: 3,
  });
  for (const { error } of run.results.filter(({ status }) => status === "failed"))
    expect(error).toContain("at least 6 requests in a batch, and here are 3");
  expect((await sandbox.stats()).bedrock.batches_created).toBe(2);
});

test("with what other batches leave over, they are enough for the last round", async () => {
  const sandbox = await bedrock(6, 0.25, "pool");
  const lines = itemLines(3 * BATCH).map((line, at) => (at >= 2 * BATCH + 3 ? "no JSON" : line));
  const run = await world.run(lines, { job });
  expect(run.error).toBeUndefined();
  const leftovers = await readLeftovers(run.job_id);
  expect(leftovers).toMatchObject({ batch: 4, from: expect.arrayContaining([3]) });
  const { bedrock: stats } = await sandbox.stats();
  const succeeded = run.results.filter(({ status }) => status === "succeeded").length;
  expect(succeeded).toBeGreaterThan(2 * BATCH);
  expect(stats).toMatchObject({ batches_created: 3, requests_billed: succeeded });
});

test("a job whose last round met a person's problem goes on with it when it is started again", async () => {
  let refuses = true;
  let creates = 0;
  const answer = { status: 403, body: { __type: "AccessDeniedException", message: "Not today." } };
  const sandbox = await bedrock(6, 0.25, "pool", ({ operation }) =>
    operation === "batches.create" && ++creates > 4 && refuses ? { kind: "answer", answer } : undefined,
  );
  const failed = await world.run(itemLines(ITEMS), { job });
  expect(failed.record).toMatchObject({ status: "failed", error: expect.stringContaining("batch 5") });
  const leftovers = await readLeftovers(failed.job_id);
  refuses = false;
  const run = await world.runAgain(failed.key, { job });
  expect(run.record).toMatchObject({ status: "completed" });
  expectEachLineOnce(run);
  expect(await readLeftovers(run.job_id)).toEqual(leftovers);
  const { bedrock: stats } = await sandbox.stats();
  const succeeded = run.results.filter(({ status }) => status === "succeeded").length;
  expect(stats).toMatchObject({ batches_created: 5, requests_billed: succeeded });
  expect(run.summary?.receipt?.prompt_tokens).toBe(stats.tokens_billed.prompt_tokens);
});

/** A last round that never ends and makes way at the deadline; `refuses` says when it is refused in real time. */
async function poolAtDeadline(refuses: () => boolean) {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const endless = namedFaults(["never-ends"]);
  const refuse = { status: 403, body: { __type: "AccessDeniedException", message: "Not today." } };
  let creates = 0;
  const sandbox = await bedrock(6, 0.25, "pool", (call) => {
    if (call.operation === "batches.create") creates++;
    if (call.operation === "batches.retrieve") vi.setSystemTime(Date.now() + 60_000);
    // All but the first few: a key that is withdrawn half-way.
    if (call.operation === "converse" && call.count > 3 && refuses())
      return { kind: "answer", answer: refuse };
    return creates > ITEMS / BATCH ? endless(call) : undefined;
  });
  const settings = { ...job, deadline_hours: 2, at_deadline: "real_time" };
  return { sandbox, settings };
}

const succeededIn = ({ results }: JobRun) => results.filter(({ status }) => status === "succeeded").length;

/** Rows that were answered in real time. */
const askedIn = ({ results }: JobRun) =>
  results.filter(({ raw }) => (raw as { real_time?: boolean } | null)?.real_time).length;

test("near the deadline, a last round makes way, and its rows are asked in real time", async () => {
  const { sandbox, settings } = await poolAtDeadline(() => false);
  const began = Date.now();
  const run = await world.run(itemLines(ITEMS), { job: settings });
  expect(run.error).toBeUndefined();
  expect(Date.now() - began).toBeLessThanOrEqual(2 * 3_600_000);
  expectEachLineOnce(run);
  const pooled = (await readLeftovers(run.job_id))?.quote.requests ?? 0;
  const { bedrock: stats } = await sandbox.stats();
  expect(askedIn(run)).toBe(stats.realtime_requests);
  const { receipt } = run.summary ?? {};
  expect(receipt?.unknown).toEqual({ batch: pooled, real_time: 0 });
  expect(receipt?.real_time?.total_tokens).toBe(stats.realtime_tokens.total_tokens);
});

// No restart resumed it: the job failed for ever.
test("a last round that met a person's problem in its second try goes on when the job is started again", async () => {
  let refuses = true;
  const { sandbox, settings } = await poolAtDeadline(() => refuses);
  const failed = await world.run(itemLines(ITEMS), { job: settings });
  expect(failed.record).toMatchObject({ status: "failed", error: expect.stringContaining("batch 5") });
  expectEachLineOnce(failed);
  refuses = false;
  const run = await world.runAgain(failed.key, { job: settings });
  expect(run.record).toMatchObject({ status: "completed" });
  expectEachLineOnce(run);
  const pooled = (await readLeftovers(run.job_id))?.quote.requests ?? 0;
  expect(succeededIn(run)).toBeGreaterThan(ITEMS - pooled);
  const { bedrock: stats } = await sandbox.stats();
  // Answers that were under way when the key was refused are kept.
  expect(askedIn(run)).toBe(stats.realtime_requests);
  expect(run.summary?.receipt?.unknown?.real_time ?? 0).toBe(0);
});

test("with small_rounds, what a batch leaves over is asked in real time, and there is no last round", async () => {
  const sandbox = await world.sandbox({ failRate: 0.1, seed: "small" });
  leadToSandbox("bedrock", sandbox);
  const run = await world.run(itemLines(120), { job: { ...job, small_rounds: "real_time" } });
  expect(run.results.map(({ line, status }) => [line, status])).toEqual(
    Array.from({ length: 120 }, (_, at) => [at + 1, "succeeded"]),
  );
  expect(await readLeftovers(run.job_id)).toBeNull();
  const { bedrock: stats } = await sandbox.stats();
  expect(stats.requests_billed).toBeLessThan(120);
  expect(stats).toMatchObject({ batches_created: 1, realtime_requests: 120 - stats.requests_billed });
  const { receipt } = run.summary ?? {};
  expect(receipt?.batch?.total_tokens).toBe(stats.tokens_billed.total_tokens);
  expect(receipt?.real_time?.total_tokens).toBe(stats.realtime_tokens.total_tokens);
});
