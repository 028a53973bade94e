/** The record of a job: `job#<job_id>` / `job`. Its attributes are `BatchJobInfo`'s, and those here. */
import * as z from "zod";
import { BatchJobInfo, type BatchStatus, hasEnded } from "../models.ts";
import { JOBS_INDEX } from "../names.ts";
import { getRecord, putNew, queryJobs, type RecordKey, update } from "./table.ts";

const JobRecord = BatchJobInfo.extend({
  /** ARN of the execution that has the job. */
  execution: z.string(),
  /** Executions that may not have the job: they failed, or another has it. A run of one may still be under way. */
  fenced_executions: z.array(z.string()).optional(),
  /** Raised with each fenced execution. Conditions compare it, because not every DynamoDB compares lists. */
  fence_count: z.int().optional(),
  /**
   * True once the job was cancelled; it never goes back. People may set it in a console, where it can become a text.
   * A value that is no boolean counts as no request.
   */
  cancel_requested: z.union([z.boolean(), z.stringbool()]).optional().catch(undefined),
  /** US dollars that the job may cost at most, see `JobSpec`. A round is checked against its value at that time. */
  max_cost_usd: z.number().positive().optional(),
  /** Names the sum over its batches, once that is final: see `tallyKey`. Another execution makes a new one. */
  tally: z.string().optional(),
  /** Version of the input object, once the job is prepared, where the bucket keeps versions. */
  input_version: z.string().optional(),
  /** Number of batches, once the job is prepared. */
  batch_count: z.int().optional(),
  /** Bytes of requests a batch should not exceed, so that the provider's token queue holds it. */
  max_batch_bytes: z.number().optional(),
});
export type JobRecord = z.infer<typeof JobRecord>;

/** Most executions that are kept as fenced; a run outlives its execution by minutes only. */
const MOST_FENCED = 50;

function key(job_id: string): RecordKey {
  return { pk: `job#${job_id}`, sk: "job" };
}

/** The job's record, or null. */
export async function readJob(job_id: string): Promise<JobRecord | null> {
  const record = await getRecord(key(job_id));
  return record && JobRecord.parse(record);
}

/** The newest jobs, newest first. The index may be a moment behind. */
export async function listJobs(limit: number): Promise<JobRecord[]> {
  const jobs: JobRecord[] = [];
  for await (const job of jobsSince(0, limit)) {
    if (jobs.length >= limit) break;
    jobs.push(job);
  }
  return jobs;
}

/**
 * The jobs created at `since` (Unix seconds) or later, newest first. The index may be a moment behind.
 * @param page how many are read at once; without it, as many as go into a page
 */
export async function* jobsSince(since: number, page?: number): AsyncGenerator<JobRecord> {
  for await (const record of queryJobs(since, page)) yield JobRecord.parse(record);
}

/**
 * Cancels a job. Batches that are not sent are never sent, those that run are cancelled at the provider, answers are
 * kept. The workflow sees it at its next poll. A second cancel, or one of a job that is ending or has ended, changes
 * nothing.
 * @returns the job as it then stands; null when there is no such job
 */
export async function requestCancel(job_id: string): Promise<JobRecord | null> {
  const job = await readJob(job_id);
  if (!job || job.cancel_requested || !isUnderWay(job.status)) return job;
  // The job moved meanwhile, perhaps to its end.
  if (!(await update(key(job_id), { cancel_requested: true }, { status: job.status })))
    return requestCancel(job_id);
  return { ...job, cancel_requested: true };
}

/** Whether a job in this status can still be cancelled. */
function isUnderWay(status: BatchStatus): boolean {
  return status === "pending" || status === "in_progress";
}

/** The condition that a job has not changed hands, nor moved, since its record was read. */
function holderOf({ execution, status, fence_count }: JobRecord) {
  return { execution, status, fence_count };
}

/** The results of the execution before are not the results of the next. */
const NO_RESULTS = {
  error: undefined,
  tally: undefined,
  counts: undefined,
  usage: undefined,
  receipt: undefined,
};

/** Whether another execution may take a job: it has failed, or its own execution was fenced. */
export function isFree({ status, execution, fenced_executions }: JobRecord): boolean {
  return status === "failed" || (!hasEnded(status) && fenced_executions?.includes(execution) === true);
}

/**
 * Claims a job for one execution. EventBridge delivers at least once, and people start executions by hand. The first
 * execution gets the job, a later one only when the job is free. An execution that has ended has lost it: a run that
 * Step Functions gave up may still be under way.
 * @returns the record when the job is this execution's, null when it is another's
 */
export async function claimJob(
  info: BatchJobInfo,
  execution: string,
  max_batch_bytes?: number,
): Promise<JobRecord | null> {
  const record = { ...info, times: { [info.status]: info.created_at }, execution, max_batch_bytes };
  if (await putNew({ ...key(info.job_id), ...record, [JOBS_INDEX.partition]: JOBS_INDEX.value }))
    return record;
  const held = await readJob(info.job_id);
  if (!held) throw new Error(`the record of job ${info.job_id} cannot be read back`);
  if (held.fenced_executions?.includes(execution)) return null;
  if (held.execution === execution) return hasEnded(held.status) ? null : held;
  if (isFree(held)) {
    await update(key(info.job_id), { execution, status: "pending", ...NO_RESULTS }, holderOf(held));
    // Read again: another run may have been faster, or the SDK sent the write twice and the second copy failed.
    return claimJob(info, execution, max_batch_bytes);
  }
  // This execution ends now. A late run of it must not find the job free one day and take it.
  if (hasEnded(held.status) || (await fence(held, execution))) return null;
  return claimJob(info, execution, max_batch_bytes);
}

/**
 * Fences an execution: no run of it may have the job, now or later.
 * @throws Error when the record has changed meanwhile; the caller must read it again
 */
export async function fenceExecution(job: JobRecord, execution: string): Promise<void> {
  if (!(await fence(job, execution)))
    throw new Error(`the record of job ${job.job_id} was changed meanwhile`);
}

async function fence(job: JobRecord, execution: string): Promise<boolean> {
  if (job.fenced_executions?.includes(execution)) return true;
  const { fence_count } = job;
  return update(key(job.job_id), withFenced(job, execution), { execution: job.execution, fence_count });
}

function withFenced({ fenced_executions = [], fence_count = 0 }: JobRecord, execution: string) {
  return {
    fenced_executions: [...fenced_executions, execution].slice(-MOST_FENCED),
    fence_count: fence_count + 1,
  };
}

/**
 * Gives a job whose execution is dead to its successor, which will cancel it. False when the job moved meanwhile: it
 * has ended, or another execution has it.
 */
export function handOver(job: JobRecord, successor: string): Promise<boolean> {
  const fenced = withFenced(job, job.execution);
  const change = { ...fenced, execution: successor, cancel_requested: true, tally: undefined };
  return update(key(job.job_id), change, holderOf(job));
}

/** What is set when a job is moved. */
type JobFields = Partial<Omit<JobRecord, "job_id" | "status" | "times">>;

/** A job as it will be once it is moved to a status. `now` in Unix seconds. */
export function movedJob(job: JobRecord, status: BatchStatus, now: number, fields: JobFields): BatchJobInfo {
  return BatchJobInfo.parse({ ...job, ...fields, status, times: { ...job.times, [status]: now } });
}

/**
 * Moves a job to a status and sets other fields, if the job has not moved and `unchanged` still holds. `now`: Unix
 * seconds.
 * @throws Error when another run has moved the job; the caller must read it again
 */
export async function updateJob(
  job: JobRecord,
  status: BatchStatus,
  now: number,
  fields: JobFields = {},
  unchanged: JobFields = {},
): Promise<BatchJobInfo> {
  const info = movedJob(job, status, now, fields);
  const only = { execution: job.execution, status: job.status, ...unchanged };
  if (!(await update(key(job.job_id), { ...fields, status, times: info.times }, only)))
    throw new Error(`job ${job.job_id} is no longer ${job.status} in execution ${job.execution}`);
  return info;
}

/**
 * Fixes the result of a job whose batches are done, and whether it ends cancelled. A later cancel comes too late, so
 * that every run that writes the outputs writes the same. `tally`: see `JobRecord`.
 * @throws Error as `updateJob`
 */
export async function closeJob(job: JobRecord, tally: string, now: number): Promise<JobRecord> {
  if (job.tally !== undefined) return job;
  const closing = job.cancel_requested ? "cancelling" : "finalizing";
  const status = isUnderWay(job.status) ? closing : job.status;
  // Only its absence can be compared: a value set by hand may have another form.
  const unchanged = job.cancel_requested === undefined ? { cancel_requested: undefined } : {};
  const info = await updateJob(job, status, now, { tally }, { tally: undefined, ...unchanged });
  return { ...job, ...info, tally };
}

/**
 * The record of a job that this execution has.
 * @throws Error when it does not have the job, or has lost it: then it may write nothing for it
 */
export async function heldJob(job_id: string, execution: string): Promise<JobRecord> {
  const job = await readJob(job_id);
  if (!job) throw new Error(`there is no record of job ${job_id}`);
  if (job.execution !== execution || job.fenced_executions?.includes(execution))
    throw new Error(`execution ${execution} no longer has job ${job_id}: ${job.execution} has`);
  return job;
}
