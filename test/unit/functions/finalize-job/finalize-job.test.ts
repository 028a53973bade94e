import { expect, onTestFinished, test, vi } from "vitest";
import { finalizeJob } from "../../../../functions/finalize-job/finalize-job.ts";
import { settleTally } from "../../../../functions/finalize-job/tally.ts";
import { requireJobFile } from "../../../../shared/objects/job-file.ts";
import { failedKey, resultsKey, summaryKey } from "../../../../shared/objects/keys.ts";
import { headObject, readText } from "../../../../shared/objects/objects.ts";
import type { FinishedJob, UnfinishedJob } from "../../../../shared/payload.ts";
import { heldJob, type JobRecord, updateJob } from "../../../../shared/records/job-record.ts";
import { itemLines, jobAt, linesOf, startWorld } from "../../../harness/harness.ts";
import { setBatch } from "../../../harness/record.ts";

const world = await startWorld();
const LATER = { now: () => 2_000_000_000, runSeconds: 600 };

/** A job of three batches that has ended, one line of which is not valid; as if it had not been put together yet. */
async function collected(name: string): Promise<{ job: JobRecord; execution: string; job_id: string }> {
  await world.sandbox();
  world.limits({ openai: { max_requests: 2 } });
  const lines = [...itemLines(5), '{"custom_id": "wrong"}'];
  const run = await world.run(lines, { job: jobAt("openai"), name, execution: `of ${name}` });
  expect(run.summary?.counts).toMatchObject({ succeeded: 5, invalid: 1 });
  const { job_id } = run;
  const execution = `of ${name}`;
  const record = await heldJob(job_id, execution);
  await updateJob(record, "in_progress", 1, { tally: undefined });
  return { job: await heldJob(job_id, execution), execution, job_id };
}

/** What stands for the job in the bucket, by the objects' hashes. */
async function outputs(job_id: string) {
  const keys = [resultsKey(job_id), failedKey(job_id), summaryKey(job_id)];
  return (await Promise.all(keys.map((key) => headObject(key)))).map((object) => object?.etag);
}

/** Runs until all is written. */
async function toItsEnd(job_id: string, execution: string, runSeconds: number) {
  const runs: (FinishedJob | UnfinishedJob)[] = [];
  let clock = 1000;
  do runs.push(await finalizeJob({ job_id, execution }, { now: () => clock++, runSeconds }));
  while (runs.at(-1)?.more);
  return runs;
}

test("in one run, and in as many as can be: the same outputs, with what the input says of itself", async () => {
  const { job_id, execution } = await collected("runs.jsonl");
  expect(await toItsEnd(job_id, execution, 1e9)).toHaveLength(1);
  const [results, failed] = await outputs(job_id);
  await updateJob(await heldJob(job_id, execution), "in_progress", 1, { tally: undefined });
  const runs = await toItsEnd(job_id, execution, 0);
  expect(runs.length).toBeGreaterThan(1);
  expect(runs.slice(0, -1)).toEqual(runs.slice(1).map(() => ({ job_id, more: true })));
  expect((await outputs(job_id)).slice(0, 2)).toEqual([results, failed]);
  expect((await headObject(failedKey(job_id)))?.metadata).toEqual({
    provider: "openai",
    model: "gpt-4.1-mini",
  });
});

test("an execution that has lost its job changes nothing", async () => {
  const { job, job_id, execution } = await collected("lost.jsonl");
  const before = await outputs(job_id);
  await updateJob(job, "in_progress", 1, { execution: "another" });
  await expect(finalizeJob({ job_id, execution }, LATER)).rejects.toThrow("no longer has job");
  expect(await outputs(job_id)).toEqual(before);
});

test("one that loses its job while it joins the rows leaves what is there", async () => {
  const { job_id, execution } = await collected("meanwhile.jsonl");
  const before = await outputs(job_id);
  let lost = false;
  const store = world.engine.stores.objects;
  const open = store.open.bind(store);
  const opened = vi.spyOn(store, "open").mockImplementation(async (key, part) => {
    if (!lost && key.startsWith(`jobs/${job_id}/results/`)) {
      lost = true;
      const closed = await heldJob(job_id, execution);
      expect(closed.tally).toBeDefined();
      await updateJob(closed, closed.status, 1, { execution: "another" });
    }
    return open(key, part);
  });
  onTestFinished(() => opened.mockRestore());
  // Without this a job that is put together again would be the same, byte for byte.
  await setBatch({ job_id, batch: 2, round: 1 }, { collected: undefined });
  await expect(toItsEnd(job_id, execution, 600)).rejects.toThrow("no longer has job");
  expect(lost).toBe(true);
  expect(await outputs(job_id)).toEqual(before);
});

test("what is collected after the tally is settled is not mixed in", async () => {
  const { job, job_id, execution } = await collected("frozen.jsonl");
  const id = { job_id, batch: 2, round: 1 };
  await setBatch(id, { collected: undefined, error: "the key was refused" });
  const { name } = await settleTally(job, await requireJobFile(job_id), 1000);
  await setBatch(id, { collected: true, error: undefined });
  const runs = await toItsEnd(job_id, execution, 0);
  expect(runs.at(-1)).toMatchObject({
    succeeded: false,
    info: { counts: { succeeded: 3, failed: 2, invalid: 1 } },
  });
  expect((await heldJob(job_id, execution)).tally).toBe(name);
  const rows = linesOf((await readText(resultsKey(job_id))) ?? "").map((line) => JSON.parse(line));
  expect(rows.map(({ line, status }) => [line, status])).toEqual([
    [1, "succeeded"],
    [2, "succeeded"],
    [3, "failed"],
    [4, "failed"],
    [5, "succeeded"],
    [6, "invalid"],
  ]);
  expect(linesOf((await readText(failedKey(job_id))) ?? "")).toHaveLength(3);
});
