import { expect, test } from "vitest";
import type { BatchJobInfo } from "../../../../shared/models.ts";
import {
  claimJob,
  closeJob,
  fenceExecution,
  heldJob,
  listJobs,
  readJob,
  requestCancel,
  updateJob,
} from "../../../../shared/records/job-record.ts";
import { update } from "../../../../shared/records/table.ts";
import { startLocalData } from "../../../harness/local-data.ts";

await startLocalData();

const infoOf = (job_id: string): BatchJobInfo => ({
  job_id,
  provider: "openai",
  status: "pending",
  created_at: 10,
  request_count: 0,
  raw: null,
  model: "m",
});

/** A claim that must hold. */
async function claimed(job_id: string, execution: string) {
  const job = await claimJob(infoOf(job_id), execution);
  if (!job) throw new Error(`${execution} did not get ${job_id}`);
  return job;
}

test("of executions that come at once, one has the job", async () => {
  const names = Array.from({ length: 8 }, (_, at) => `e${at}`);
  const claims = await Promise.all(names.map((name) => claimJob(infoOf("race"), name)));
  expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
  const owner = names[claims.findIndex((claim) => claim !== null)] ?? "";
  expect(await readJob("race")).toMatchObject({
    execution: owner,
    status: "pending",
    times: { pending: 10 },
  });
  // And it has it again when it is run again.
  expect(await claimJob(infoOf("race"), owner)).toMatchObject({ execution: owner });
});

test("a job that failed can be had by another execution, not by the one that failed", async () => {
  const job = await claimed("failed", "first");
  const counts = { succeeded: 1, failed: 0, invalid: 0, expired: 0, cancelled: 0 };
  await updateJob(job, "failed", 20, { error: "no key", counts });
  expect(await claimJob(infoOf("failed"), "first")).toBeNull();
  const again = await Promise.all(
    ["second", "third"].map((name) => claimJob({ ...infoOf("failed"), created_at: 30 }, name)),
  );
  expect(again.filter((claim) => claim !== null)).toHaveLength(1);
  const record = await readJob("failed");
  expect(record).toMatchObject({ status: "pending", created_at: 10, times: { pending: 10, failed: 20 } });
  expect(record?.error ?? null).toBeNull();
  expect(record).not.toHaveProperty("counts");
});

test.each(["in_progress", "completed", "expired"] as const)(
  "a job that is %s is nobody else's",
  async (status) => {
    const job = await claimed(status, "owner");
    await updateJob(job, status, 20);
    expect(await claimJob(infoOf(status), "other")).toBeNull();
  },
);

test("an update keeps what it does not set, and notes when", async () => {
  const job = await claimed("updated", "e");
  const info = await updateJob(job, "in_progress", 20, { request_count: 5, batch_count: 2 });
  expect(info).toMatchObject({
    status: "in_progress",
    request_count: 5,
    model: "m",
    times: { pending: 10, in_progress: 20 },
  });
  expect(info).not.toHaveProperty("execution");
  expect(await readJob("updated")).toMatchObject({ batch_count: 2, execution: "e", model: "m" });
});

test("a run that was overtaken cannot move the job", async () => {
  const job = await claimed("overtaken", "e");
  await updateJob(job, "in_progress", 20);
  await expect(updateJob(job, "failed", 30, { error: "late" })).rejects.toThrow("no longer pending");
  expect(await readJob("overtaken")).toMatchObject({ status: "in_progress" });
});

test("no such job", async () => {
  expect(await readJob("none")).toBeNull();
});

test("a cancel is asked for once, and only of a job that is under way", async () => {
  const job = await claimed("cancel", "e");
  expect(await requestCancel("cancel")).toMatchObject({ status: "pending", cancel_requested: true });
  expect(await requestCancel("cancel")).toMatchObject({ cancel_requested: true });
  expect(await readJob("cancel")).toMatchObject({ cancel_requested: true, status: "pending" });
  await updateJob(job, "in_progress", 20);
  expect(await readJob("cancel")).toMatchObject({ cancel_requested: true, status: "in_progress" });
  expect(await requestCancel("nobody's")).toBeNull();
});

test.each(["finalizing", "completed", "failed", "expired", "cancelled"] as const)(
  "a job that is %s cannot be cancelled any more",
  async (status) => {
    const name = `too late ${status}`;
    await updateJob(await claimed(name, "e"), status, 20);
    expect(await requestCancel(name)).toMatchObject({ status });
    expect(await readJob(name)).not.toHaveProperty("cancel_requested");
  },
);

test.each([
  [true, true],
  ["true", true],
  [false, false],
  ["soon", undefined],
  [7, undefined],
])("cancel_requested set by hand to %j reads as %j", async (set, read) => {
  const name = `by hand ${set}`;
  await claimed(name, "e");
  await update({ pk: `job#${name}`, sk: "job" }, { cancel_requested: set });
  expect((await readJob(name))?.cancel_requested).toBe(read);
});

test("jobs are listed newest first, as many as asked for", async () => {
  for (const created_at of [3001, 3003, 3002])
    await claimJob({ ...infoOf(`listed ${created_at}`), created_at }, "e");
  const names = (await listJobs(2)).map(({ job_id }) => job_id);
  expect(names).toEqual(["listed 3003", "listed 3002"]);
  expect((await listJobs(1000)).length).toBeGreaterThan(3);
});

test("whether a job ends cancelled is settled once: a request after that is too late", async () => {
  const open = await closeJob(await claimed("done", "e"), "tally", 20);
  expect(open).toMatchObject({ status: "finalizing", times: { finalizing: 20 }, tally: "tally" });
  expect(await requestCancel("done")).not.toHaveProperty("cancel_requested");
  expect(await closeJob(open, "another", 30)).toEqual(open);

  await claimed("stopped", "e");
  const asked = await requestCancel("stopped");
  expect(asked && (await closeJob(asked, "tally", 20))).toMatchObject({ status: "cancelling" });
});

test("what a job came to is settled once, and anew by the next execution", async () => {
  const job = await claimed("settled", "e1");
  const [first, second] = await Promise.allSettled([closeJob(job, "a", 20), closeJob(job, "b", 20)]);
  const winner = first.status === "fulfilled" ? "a" : "b";
  expect([first.status, second.status].sort()).toEqual(["fulfilled", "rejected"]);
  const closed = await heldJob("settled", "e1");
  expect(closed.tally).toBe(winner);
  await fenceExecution(closed, "e1");
  await updateJob((await readJob("settled")) ?? closed, "failed", 30, { error: "no key" });
  const next = await claimJob(infoOf("settled"), "e2");
  expect(next).toMatchObject({ execution: "e2", status: "pending" });
  expect(next).not.toHaveProperty("tally");
});

test("only the execution that has a job holds it, and not once it has failed", async () => {
  const job = await claimed("held", "e1");
  expect(await heldJob("held", "e1")).toMatchObject({ job_id: "held" });
  await expect(heldJob("held", "e2")).rejects.toThrow("execution e2 no longer has job held: e1 has");
  await expect(heldJob("nowhere", "e1")).rejects.toThrow("no record of job nowhere");
  await fenceExecution(job, "e1");
  await expect(heldJob("held", "e1")).rejects.toThrow("no longer has");
});

test("a request that comes while that is settled is not lost", async () => {
  const job = await claimed("meanwhile", "e");
  await requestCancel("meanwhile");
  await expect(closeJob(job, "tally", 20)).rejects.toThrow("no longer pending");
});

test("an execution that was refused the job once cannot have it later", async () => {
  const job = await claimed("told", "first");
  for (const late of ["second", "third"]) expect(await claimJob(infoOf("told"), late)).toBeNull();
  await updateJob(job, "failed", 20, { error: "no key" });
  for (const late of ["second", "third"]) expect(await claimJob(infoOf("told"), late)).toBeNull();
  expect(await claimJob(infoOf("told"), "fourth")).toMatchObject({ execution: "fourth", status: "pending" });
});

test("a job may fail more than once", async () => {
  let job = await claimed("often", "e1");
  for (const next of ["e2", "e3", "e4"]) {
    await fenceExecution(job, job.execution);
    await updateJob((await readJob("often")) ?? job, "failed", 20, { error: "no key" });
    job = (await claimJob(infoOf("often"), next)) ?? job;
    expect(job).toMatchObject({ execution: next, status: "pending" });
  }
});

test("a job whose execution came only to bar itself, and not to record the failure, is free for another", async () => {
  await fenceExecution(await claimed("half", "first"), "first");
  expect(await claimJob(infoOf("half"), "first")).toBeNull();
  expect(await claimJob(infoOf("half"), "second")).toMatchObject({ execution: "second", status: "pending" });
});
