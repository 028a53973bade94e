import { expect, test } from "vitest";
import { expireObjects } from "../../../../functions/expire-objects/expire-objects.ts";
import type { BatchStatus } from "../../../../shared/models.ts";
import { jobKey, requestKey, resultsKey } from "../../../../shared/objects/keys.ts";
import { readText, writeText } from "../../../../shared/objects/objects.ts";
import { claimJob, updateJob } from "../../../../shared/records/job-record.ts";
import { startLocalData } from "../../../harness/local-data.ts";

const { objects } = await startLocalData();
let serial = 0;

/** A job in a status, with some objects. */
async function jobThatIs(status: BatchStatus, requests = 3): Promise<string> {
  const job_id = `job-${++serial}`;
  const info = { job_id, provider: "openai", status: "pending", created_at: 1, raw: null } as const;
  const job = await claimJob({ ...info, request_count: 0 }, "e");
  if (!job) throw new Error(`${job_id} is another's`);
  await updateJob(job, status, 2);
  const keys = Array.from({ length: requests }, (_, at) => requestKey(job_id, at + 1, 1));
  for (const key of [jobKey(job_id), resultsKey(job_id), ...keys]) await writeText(key, `what is in ${key}`);
  return job_id;
}

test.each(["completed", "expired", "cancelled"] as const)(
  "a job that is %s: its objects, and no others",
  async (status) => {
    const job_id = await jobThatIs(status);
    const neighbour = await jobThatIs("completed");
    expect(neighbour.startsWith(job_id.slice(0, -1))).toBe(true);
    expect(await expireObjects(job_id)).toEqual({ tagged: 4 });
    for (const key of [jobKey(job_id), requestKey(job_id, 3, 1)]) {
      expect(objects.tags(key)).toEqual({ nightshift: "ended" });
      expect(await readText(key)).toBe(`what is in ${key}`);
    }
    for (const key of [resultsKey(job_id), jobKey(neighbour)]) expect(objects.tags(key)).toEqual({});
    expect(await expireObjects(job_id)).toEqual({ tagged: 4 });
  },
);

test("of more objects than a listing has at once, all", async () => {
  const job_id = await jobThatIs("completed", 1100);
  expect(await expireObjects(job_id)).toEqual({ tagged: 1101 });
  for (const batch of [1, 999, 1100])
    expect(objects.tags(requestKey(job_id, batch, 1))).toEqual({ nightshift: "ended" });
});

test.each(["failed", "pending", "in_progress", "finalizing", "cancelling"] as const)(
  "a job that is %s may need its objects still",
  async (status) => {
    const job_id = await jobThatIs(status);
    await expect(expireObjects(job_id)).rejects.toThrow(
      `job ${job_id} is ${status}: its objects may still be needed`,
    );
    expect(objects.tags(jobKey(job_id))).toEqual({});
  },
);

test("a job that nobody knows has no objects to expire", async () => {
  await expect(expireObjects("nobody's")).rejects.toThrow("job nobody's is unknown");
});
