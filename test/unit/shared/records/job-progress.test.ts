import { expect, test } from "vitest";
import { noteBatchDone } from "../../../../shared/records/job-progress.ts";
import { claimJob, updateJob } from "../../../../shared/records/job-record.ts";
import { startLocalData } from "../../../harness/local-data.ts";

await startLocalData();
let serial = 0;

/** A job under way. */
async function jobOf(batch_count: number) {
  const job_id = `job-${++serial}`;
  const info = { job_id, provider: "openai", status: "pending", created_at: 10, raw: null } as const;
  const claimed = await claimJob({ ...info, request_count: 0 }, "e");
  if (!claimed) throw new Error(`${job_id} is another's`);
  const moved = await updateJob(claimed, "in_progress", 11, { batch_count, request_count: 70 });
  return { job_id, job: { ...claimed, ...moved } };
}

/** What is told as a job's batches end one by one: `batches done: percent`. */
async function told(batch_count: number): Promise<string[]> {
  const { job_id } = await jobOf(batch_count);
  const found: string[] = [];
  for (let batch = 1; batch <= batch_count; batch++) {
    const event = await noteBatchDone({ job_id, batch });
    if (event) found.push(`${event.progress?.batches_done}: ${event.progress?.percent}`);
  }
  return found;
}

test.each([
  [1, []],
  [2, ["1: 50"]],
  [3, ["1: 25", "2: 50"]],
  [4, ["1: 25", "2: 50", "3: 75"]],
  [5, ["2: 25", "3: 50", "4: 75"]],
  [9, ["3: 25", "5: 50", "7: 75"]],
])("of %i batches these are told: %j", async (batches, expected) => {
  expect(await told(batches)).toEqual(expected);
});

test("the event is the job as it stands", async () => {
  const { job_id } = await jobOf(4);
  expect(await noteBatchDone({ job_id, batch: 3 })).toEqual({
    ...{ job_id, provider: "openai", status: "in_progress", created_at: 10, request_count: 70 },
    times: { pending: 10, in_progress: 11 },
    progress: { percent: 25, batches_done: 1, batches: 4 },
  });
});

test("a batch that ends twice has ended once", async () => {
  const { job_id } = await jobOf(8);
  for (let times = 0; times < 5; times++) expect(await noteBatchDone({ job_id, batch: 1 })).toBeNull();
  expect(await noteBatchDone({ job_id, batch: 2 })).toMatchObject({
    progress: { percent: 25, batches_done: 2 },
  });
  expect(await noteBatchDone({ job_id, batch: 2 })).toBeNull();
});

test("of batches that end at the same moment, each quarter is told by one at most, and the last of them by one", async () => {
  const { job_id } = await jobOf(41);
  const all = Array.from({ length: 40 }, (_, at) => noteBatchDone({ job_id, batch: at + 1 }));
  const percents = (await Promise.all(all)).flatMap((event) => event?.progress?.percent ?? []);
  expect(new Set(percents).size).toBe(percents.length);
  expect(percents).toContain(75);
  expect(await noteBatchDone({ job_id, batch: 41 })).toBeNull();
});

test("nothing is told of a job that has ended, or is there no more", async () => {
  const { job_id, job } = await jobOf(4);
  await updateJob(job, "failed", 12);
  expect(await noteBatchDone({ job_id, batch: 1 })).toBeNull();
  expect(await noteBatchDone({ job_id: "nobody's", batch: 1 })).toBeNull();
});
