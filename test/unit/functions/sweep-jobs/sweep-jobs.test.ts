/** What a sweep decides; Step Functions itself is asked in `test/deploy`. */
import { expect, test } from "vitest";
import { Executions } from "../../../../functions/sweep-jobs/executions.ts";
import { successorInput, sweepJobs } from "../../../../functions/sweep-jobs/sweep-jobs.ts";
import type { BatchStatus } from "../../../../shared/models.ts";
import { writeText } from "../../../../shared/objects/objects.ts";
import { claimJob, readJob, updateJob } from "../../../../shared/records/job-record.ts";
import { readSource } from "../../../../shared/workflow/job-source.ts";
import { startLocalData } from "../../../harness/local-data.ts";

await startLocalData();
process.env.AWS_REGION = "us-east-1";
const DAY = 24 * 3600;
const NOW = 1000 * DAY;
const MACHINE = "arn:aws:states:us-east-1:1:stateMachine:Nightshift";
const PREFIX = "arn:aws:states:us-east-1:1:execution:Nightshift:";

/** Executions in memory: those that are named here exist, alive or dead. */
class Known extends Executions {
  readonly alive = new Map<string, boolean>();
  readonly inputs = new Map<string, string>();
  readonly started: [arn: string, input: string][] = [];
  dies = false;
  constructor() {
    super(MACHINE);
  }
  override async find(arn: string) {
    const alive = this.alive.get(arn);
    if (alive === undefined) return null;
    return { status: alive ? "RUNNING" : "ABORTED", alive, input: this.inputs.get(arn) ?? "{}" };
  }
  override async start(arn: string, input: string) {
    if (this.dies) throw new Error("the sweep died here");
    if (this.alive.has(arn)) return;
    this.alive.set(arn, true);
    this.inputs.set(arn, input);
    this.started.push([arn, input]);
  }
}

let serial = 0;
/** A job of its own, in a status, whose execution is alive, dead or unknown. */
async function jobOf(known: Known, alive: boolean | undefined, status?: BatchStatus, created_at = NOW - DAY) {
  const key = `inbox/job-${++serial}.jsonl`;
  await writeText(key, "{}");
  const { job_id } = await readSource({ key });
  const execution = PREFIX + job_id;
  const input = JSON.stringify({ key });
  known.inputs.set(execution, input);
  if (alive !== undefined) known.alive.set(execution, alive);
  const info = {
    job_id,
    provider: "openai",
    status: "pending",
    created_at,
    request_count: 0,
    raw: null,
  } as const;
  const job = await claimJob(info, execution);
  if (job && status) await updateJob(job, status, created_at);
  return { job_id, execution, key, input };
}

test.each(["pending", "in_progress", "finalizing"] as const)(
  "a %s job of a dead execution is cancelled, by an execution with the same input",
  async (status) => {
    const known = new Known();
    const { job_id, execution, input } = await jobOf(known, false, status);
    const successor = known.successorOf(execution);
    expect((await sweepJobs(async () => known, NOW)).settled).toEqual([job_id]);
    expect(known.started).toEqual([[successor, input]]);
    const job = await readJob(job_id);
    expect(job).toMatchObject({
      status,
      execution: successor,
      fenced_executions: [execution],
      cancel_requested: true,
    });
    // The dead one's late runs cannot have it, the successor can.
    const info = {
      job_id,
      provider: "openai",
      status: "pending",
      created_at: 1,
      request_count: 0,
      raw: null,
    } as const;
    expect(await claimJob(info, execution)).toBeNull();
    expect(await claimJob(info, successor)).toMatchObject({ execution: successor });
    expect((await sweepJobs(async () => known, NOW)).settled).toEqual([]);
    await updateJob(job ?? expect.fail(), "cancelled", NOW);
  },
);

test.each([
  ["alive", true, "in_progress"],
  ["unknown", undefined, "in_progress"],
  ["dead, but it recorded its end", false, "failed"],
  ["dead, and the job was done", false, "completed"],
] as const)("a job whose execution is %s is left alone", async (_, alive, status) => {
  const known = new Known();
  const { job_id } = await jobOf(known, alive, status);
  const before = await readJob(job_id);
  expect((await sweepJobs(async () => known, NOW)).settled).toEqual([]);
  expect(await readJob(job_id)).toEqual(before);
  expect(known.started).toEqual([]);
});

test("a job that is older than what the providers keep is left alone", async () => {
  const known = new Known();
  await jobOf(known, false, "in_progress", NOW - 31 * DAY);
  expect((await sweepJobs(async () => known, NOW)).settled).toEqual([]);
});

test("a sweep that died before it could start the execution: the next one starts it", async () => {
  const known = new Known();
  const { job_id, execution, input } = await jobOf(known, false, "in_progress");
  known.dies = true;
  await expect(sweepJobs(async () => known, NOW)).rejects.toThrow(`1 jobs could not be settled`);
  known.dies = false;
  expect((await sweepJobs(async () => known, NOW)).settled).toEqual([job_id]);
  expect(known.started).toEqual([[known.successorOf(execution), input]]);
  expect((await readJob(job_id))?.fenced_executions).toEqual([execution]);
});

test("sweeps at the same time start one execution a job", async () => {
  const known = new Known();
  const jobs = [await jobOf(known, false, "in_progress"), await jobOf(known, false, "in_progress")];
  await Promise.all([1, 2, 3].map(() => sweepJobs(async () => known, NOW)));
  expect(known.started.map(([arn]) => arn).sort()).toEqual(
    jobs.map(({ execution }) => known.successorOf(execution)).sort(),
  );
});

test("an execution that settles and is stopped itself is followed by another", async () => {
  const known = new Known();
  const { job_id, execution } = await jobOf(known, false, "in_progress");
  await sweepJobs(async () => known, NOW);
  const successor = known.successorOf(execution);
  known.alive.set(successor, false);
  expect((await sweepJobs(async () => known, NOW)).settled).toEqual([job_id]);
  expect(await readJob(job_id)).toMatchObject({
    execution: known.successorOf(successor),
    fenced_executions: [execution, successor],
  });
});

test("a job whose input was overwritten is not confused with the one that it would be now", async () => {
  const known = new Known();
  const { job_id, key } = await jobOf(known, false, "in_progress");
  await writeText(key, "another input");
  expect((await sweepJobs(async () => known, NOW)).settled).toEqual([]);
  expect(known.started).toEqual([]);
  expect(await readJob(job_id)).toMatchObject({
    status: "failed",
    error: expect.stringContaining("its input was overwritten"),
  });
});

test("a start by hand that left the object's version open is settled with the version it had", async () => {
  const key = "inbox/versioned.jsonl";
  const { job_id } = await readSource({ key, version_id: "v1" });
  const settled = (version?: string, more = {}) => {
    const info = { job_id, provider: null, created_at: 1, request_count: 0, raw: null };
    const job = { ...info, status: "in_progress", execution: "dead", input_version: version } as const;
    return successorInput(job, JSON.stringify({ key, ...more }));
  };
  const pinned = JSON.stringify({ version_id: "v1", key });
  expect(await settled("v1")).toBe(pinned);
  expect(await settled("v1", { version_id: "v1" })).toBe(pinned);
  expect(await settled("v1", { version_id: "v2" })).toBeNull();
  expect(await settled(undefined)).toBeNull();
});

test("an execution of another state machine, or of a laptop, is not asked for", async () => {
  expect(await new Executions(MACHINE).find("local-1")).toBeNull();
});

test("a sweep reports how long a job has been in one status: the longest of those that have not ended", async () => {
  const known = new Known();
  const { job_id } = await jobOf(known, true, "in_progress", NOW - 20 * DAY);
  await jobOf(known, true, "completed", NOW - 25 * DAY);
  expect((await sweepJobs(async () => known, NOW)).longest_seconds).toBe(20 * DAY);
  // Since its last change, not since its beginning.
  const job = await readJob(job_id);
  await updateJob(job ?? expect.fail(), "finalizing", NOW - 10 * DAY);
  expect((await sweepJobs(async () => known, NOW)).longest_seconds).toBe(10 * DAY);
});
