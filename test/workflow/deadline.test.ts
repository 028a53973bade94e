/** `deadline_hours`: what still runs then is cancelled, what is answered is kept. */
import { expect, test } from "vitest";
import { itemLines, jobAt, PROVIDERS, startWorld, statesOf } from "./harness.ts";

const world = await startWorld();
const seconds = (count: number) => count / 3600;

test.for(PROVIDERS)(
  "%s: a batch that runs past the deadline is cancelled, and its answers are kept",
  async (provider) => {
    const sandbox = await world.sandbox({ latencySeconds: 4, seed: `deadline ${provider}` });
    const job = jobAt(provider, { deadline_hours: seconds(2) });
    const run = await world.run(itemLines(30), { job, name: `late-${provider}.jsonl` });
    const statuses = new Set(run.results.map(({ status }) => status));
    expect([...statuses].sort()).toEqual(["cancelled", "succeeded"]);
    expect(run.results.map(({ line }) => line)).toEqual(Array.from({ length: 30 }, (_, at) => at + 1));
    expect(run.summary?.status).toBe("expired");
    expect(run.error).toBeUndefined();
    const succeeded = run.results.filter(({ status }) => status === "succeeded").length;
    // No further round, and nothing thrown away that was paid for.
    expect((await sandbox.stats())[provider]).toMatchObject({
      batches_created: 1,
      requests_billed: succeeded,
    });
    expect(statesOf(run).filter((name) => name === "CollectResults")).toHaveLength(1);
  },
);

test("batches that were not sent by then are not sent", async () => {
  const sandbox = await world.sandbox({ latencySeconds: 3 });
  world.limits({ openai: { max_requests: 2 } });
  const job = jobAt("openai", { deadline_hours: seconds(2), max_concurrent_batches: 1 });
  const run = await world.run(itemLines(6), { job });
  expect(run.results).toHaveLength(6);
  expect(run.results.slice(2).map(({ status, error }) => [status, error])).toEqual(
    Array.from({ length: 4 }, () => ["expired", "the job's deadline passed before this was sent"]),
  );
  expect(run.summary).toMatchObject({ status: "expired" });
  expect((await sandbox.stats()).openai.batches_created).toBe(1);
});
