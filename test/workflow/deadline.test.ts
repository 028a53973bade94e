/** `deadline_hours`: what still runs then is cancelled, what is answered is kept. */
import { expect, onTestFinished, test, vi } from "vitest";
import { itemLines, jobAt, PROVIDERS, startWorld, statesOf } from "../harness/harness.ts";

const world = await startWorld();
const MINUTE = 60_000;

/** A sandbox whose batches take two hours, on a clock that goes 20 minutes with every look at a batch. */
async function slowSandbox(seed: string) {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  return world.sandbox({
    latencySeconds: 7200,
    seed,
    faults: ({ operation }) => {
      if (operation === "batches.retrieve") vi.setSystemTime(Date.now() + 20 * MINUTE);
      return undefined;
    },
  });
}

test.for(PROVIDERS)("%s: a batch that runs past it is cancelled, its answers are kept", async (provider) => {
  const sandbox = await slowSandbox(`deadline ${provider}`);
  const job = jobAt(provider, { deadline_hours: 1 });
  const run = await world.run(itemLines(30), { job, name: `late-${provider}.jsonl` });
  expect(run.error).toBeUndefined();
  expect(run.results.map(({ line }) => line)).toEqual(Array.from({ length: 30 }, (_, at) => at + 1));
  expect([...new Set(run.results.map(({ status }) => status))].sort()).toEqual(["cancelled", "succeeded"]);
  expect(run.summary?.status).toBe("expired");
  const succeeded = run.results.filter(({ status }) => status === "succeeded").length;
  // No further round, and nothing thrown away that was paid for.
  expect((await sandbox.stats())[provider]).toMatchObject({ batches_created: 1, requests_billed: succeeded });
  expect(statesOf(run).filter((name) => name === "CollectResults")).toHaveLength(1);
});

test("batches that were not sent by then are not sent", async () => {
  const sandbox = await slowSandbox("unsent");
  world.limits({ openai: { max_requests: 2 } });
  const job = jobAt("openai", { deadline_hours: 1, max_concurrent_batches: 1 });
  const run = await world.run(itemLines(6), { job });
  expect(run.results).toHaveLength(6);
  expect(run.results.slice(2).map(({ status, error }) => [status, error])).toEqual(
    Array.from({ length: 4 }, () => ["expired", "the job's deadline passed before this was sent"]),
  );
  expect(run.summary).toMatchObject({ status: "expired" });
  expect((await sandbox.stats()).openai.batches_created).toBe(1);
});

test("a job that ends in time is not touched by its deadline", async () => {
  const sandbox = await slowSandbox("in time");
  const run = await world.run(itemLines(4), { job: jobAt("openai", { deadline_hours: 3 }) });
  expect(run.summary).toMatchObject({ status: "completed", counts: { succeeded: 4 } });
  expect((await sandbox.stats()).openai).toMatchObject({ batches_created: 1, requests_billed: 4 });
});
