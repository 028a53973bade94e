/** `cancel_requested`: what is not sent is not sent, what runs is cancelled, what is answered is kept. */
import { expect, onTestFinished, test, vi } from "vitest";
import { acceptedThen500, type FaultPlan, rateLimited, strike } from "../../local/sandbox/faults.ts";
import { unixNow } from "../../shared/clock.ts";
import { readBatch } from "../../shared/records/batch-record.ts";
import { claimJob, readJob, requestCancel } from "../../shared/records/job-record.ts";
import { readSource } from "../../shared/workflow/job-source.ts";
import {
  itemLine,
  itemLines,
  type JobRun,
  jobAt,
  PROVIDERS,
  startWorld,
  statesOf,
  upload,
} from "../harness/harness.ts";
import type { TestProvider } from "./items.ts";

const world = await startWorld();
const NOT_SENT = "the job was cancelled before this was sent";
const MINUTE = 60_000;

/** Uploads a job whose cancel the test will ask for. */
async function prepared(lines: string[], job: Record<string, unknown>) {
  const key = await upload(lines);
  const { job_id } = await readSource({ key, job });
  return {
    job_id,
    run: (execution?: string) => world.runAgain(key, { job, ...(execution && { execution }) }),
  };
}

/** Whatever the plan says, and at one call of an operation somebody cancels the job. */
function cancelAt(operation: string, count: number, cancel: () => unknown, plan?: FaultPlan): FaultPlan {
  return (call) => {
    if (call.operation === operation && call.count === count) cancel();
    return plan?.(call);
  };
}

function expectCancelled(run: JobRun, lines: number) {
  expect(run.error).toBeUndefined();
  expect(statesOf(run).at(-1)).toBe("Done");
  expect(run.results.map(({ line }) => line)).toEqual(Array.from({ length: lines }, (_, at) => at + 1));
  expect(run.summary?.status).toBe("cancelled");
  expect(run.record).toMatchObject({ status: "cancelled", counts: run.summary?.counts });
  expect(run.events.findLast(({ type }) => type === "event")).toMatchObject({
    detail: { status: "cancelled" },
  });
}

test.for(PROVIDERS)(
  "%s: before it is prepared: nothing is sent, every line has its row",
  async (provider) => {
    const sandbox = await world.sandbox();
    world.limits({ [provider]: { max_requests: 4 } });
    const job = jobAt(provider, { deadline_hours: 1e-9 });
    const { job_id, run } = await prepared([...itemLines(9), "not JSON"], job);
    const info = {
      job_id,
      provider,
      status: "pending",
      created_at: unixNow(),
      request_count: 0,
      raw: null,
    } as const;
    const execution = `early-${provider}`;
    await claimJob(info, execution);
    await requestCancel(job_id);
    const ended = await run(execution);
    expectCancelled(ended, 10);
    // Its deadline has passed as well: cancelled wins.
    expect(ended.results.slice(0, 9).map(({ status, error }) => [status, error])).toEqual(
      Array(9).fill(["cancelled", NOT_SENT]),
    );
    expect(ended.summary?.counts).toMatchObject({ cancelled: 9, invalid: 1 });
    expect((await sandbox.stats())[provider].batches_created).toBe(0);
  },
);

test.for(PROVIDERS)("%s: while it waits for the provider: it is never sent", async (provider) => {
  const { job_id, run } = await prepared(itemLines(5), jobAt(provider));
  const busy = strike({ operation: "batches.create" }, rateLimited(60));
  const sandbox = await world.sandbox({
    faults: cancelAt("batches.create", 2, () => requestCancel(job_id), busy),
  });
  const ended = await run();
  expectCancelled(ended, 5);
  expect(statesOf(ended)).toContain("WaitForCapacity");
  expect(ended.results.map(({ error }) => error)).toEqual(Array(5).fill(NOT_SENT));
  expect((await sandbox.stats())[provider].batches_created).toBe(0);
});

/** A clock that goes only when it is set. */
function fakeClock() {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
}

/** A sandbox whose first batch is half done when the job is cancelled; time stands still until it is. */
async function halfDoneSandbox(provider: TestProvider, cancel: () => unknown) {
  fakeClock();
  let cancelled = false;
  return world.sandbox({
    latencySeconds: 7200,
    seed: `half ${provider}`,
    faults: cancelAt("batches.retrieve", 2, cancel, ({ operation, count }) => {
      cancelled ||= operation === "batches.cancel";
      const passes = operation === "batches.retrieve" && (cancelled || count <= 2);
      if (passes) vi.setSystemTime(Date.now() + 30 * MINUTE);
      return undefined;
    }),
  });
}

test.for(PROVIDERS)("%s: while it runs: answers are kept, and no other batch is sent", async (provider) => {
  world.limits({ [provider]: { max_requests: 20 } });
  const job = jobAt(provider, { max_concurrent_batches: 1 });
  const { job_id, run } = await prepared(itemLines(50), job);
  const sandbox = await halfDoneSandbox(provider, () => requestCancel(job_id));
  const ended = await run();
  expectCancelled(ended, 50);
  const statuses = ended.results.map(({ status }) => status);
  expect(new Set(statuses.slice(0, 20))).toEqual(new Set(["succeeded", "cancelled"]));
  expect(ended.results.slice(20).map(({ error }) => error)).toEqual(Array(30).fill(NOT_SENT));
  const succeeded = statuses.filter((status) => status === "succeeded").length;
  expect((await sandbox.stats())[provider]).toMatchObject({ batches_created: 1, requests_billed: succeeded });
});

test.for(PROVIDERS)(
  "%s: while a create's answer is lost: the batch is found, not left running",
  async (provider) => {
    const { job_id, run } = await prepared(itemLines(6), jobAt(provider));
    const lost = strike({ operation: "batches.create" }, acceptedThen500);
    const sandbox = await world.sandbox({
      faults: cancelAt("batches.create", 1, () => requestCancel(job_id), lost),
    });
    const ended = await run();
    expectCancelled(ended, 6);
    const succeeded = ended.results.filter(({ status }) => status === "succeeded").length;
    expect((await sandbox.stats())[provider]).toMatchObject({
      batches_created: 1,
      requests_billed: succeeded,
    });
  },
);

test("items that wait because their batch is too large for the queue are not sent", async () => {
  const lines = Array.from({ length: 24 }, (_, n) => itemLine(`id-${n}`, `word ${n} `.repeat(8)));
  const { job_id, run } = await prepared(lines, jobAt("openai", { model: "gpt-4.1-nano" }));
  fakeClock();
  let [rounds, cancelled] = [0, false];
  const sandbox = await world.sandbox({
    limits: { openai_enqueued_tokens: 200 },
    latencySeconds: 7200,
    faults: ({ operation, count }) => {
      if (operation === "batches.create") rounds = count;
      if (operation !== "batches.retrieve") return undefined;
      // Time stands still from the second round until the job is cancelled: nothing of it is answered.
      if (rounds < 2 || cancelled) vi.setSystemTime(Date.now() + 10 * MINUTE);
      else
        void cancelOnceSent(job_id).then((done) => {
          cancelled = done;
        });
      return undefined;
    },
  });
  const ended = await run();
  expectCancelled(ended, 24);
  expect(ended.summary?.counts).toMatchObject({ cancelled: 24 });
  expect(
    ended.results.filter(({ error }) => error === "cancelled before it was sent").length,
  ).toBeGreaterThan(0);
  expect((await sandbox.stats()).openai.requests_billed).toBe(0);
});

/** Cancels a job whose second round is at the provider; false when it is not yet. */
async function cancelOnceSent(job_id: string): Promise<boolean> {
  const sent = (await readBatch({ job_id, batch: 1, round: 2 }))?.provider_batch_id !== undefined;
  if (sent) await requestCancel(job_id);
  return sent;
}

test("after its end: nothing changes", async () => {
  await world.sandbox();
  const { job_id, run } = await prepared(itemLines(3), jobAt("openai"));
  const ended = await run();
  expect(ended.summary?.status).toBe("completed");
  expect(await requestCancel(job_id)).toMatchObject({ status: "completed" });
  expect(statesOf(await run())).toContain("AlreadyStarted");
  expect(await readJob(job_id)).toEqual(ended.record);
});
