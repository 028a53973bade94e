/** The record of a job: `job#<job_id>` / `job`. Its attributes are `BatchJobInfo`'s, and those here. */
import { z } from "zod";
import { BatchJobInfo, type BatchStatus, hasEnded } from "../models.ts";
import { JOBS_INDEX } from "../names.ts";
import { getRecord, putNew, queryJobs, type RecordKey, update } from "./table.ts";

const JobRecord = BatchJobInfo.extend({
  /** ARN of the execution that has the job. */
  execution: z.string(),
  /** Executions that failed, or were told that another has the job: a run of one may go on, and must not have it. */
  barred_executions: z.array(z.string()).optional(),
  /** Times that `barred_executions` was added to: what a condition compares, as not every DynamoDB compares lists. */
  barred_count: z.int().optional(),
  /**
   * True once somebody wants the job to end; it never goes back. People set it in a console, where it
   * may become a text; what cannot be understood is no request.
   */
  cancel_requested: z.union([z.boolean(), z.stringbool()]).optional().catch(undefined),
  /** US dollars that the job may cost at most; see `JobSpec`. What is sent later is held against it as it then is. */
  max_cost_usd: z.number().positive().optional(),
  /** Names what its batches came to, once that is settled: see `tallyKey`. Another execution settles it anew. */
  tally: z.string().optional(),
  /** Version of the input object, once the job is prepared, where the bucket keeps versions. */
  input_version: z.string().optional(),
  /** Number of batches, once the job is prepared. */
  batch_count: z.int().optional(),
  /** Bytes of requests a batch should not exceed, so that the provider's token queue holds it. */
  max_batch_bytes: z.number().optional(),
});
/** A job as the table holds it. */
export type JobRecord = z.infer<typeof JobRecord>;

/** Executions that are remembered as failed; a run outlives its execution by minutes. */
const MOST_BARRED = 50;

function key(job_id: string): RecordKey {
  return { pk: `job#${job_id}`, sk: "job" };
}

/** The job's record, or null. */
export async function readJob(job_id: string): Promise<JobRecord | null> {
  const record = await getRecord(key(job_id));
  return record && JobRecord.parse(record);
}

/** The newest jobs, newest first; the list may be a moment behind. */
export async function listJobs(limit: number): Promise<JobRecord[]> {
  const jobs: JobRecord[] = [];
  for await (const job of jobsSince(0)) {
    if (jobs.length >= limit) break;
    jobs.push(job);
  }
  return jobs;
}

/** The jobs created at `since` (Unix seconds) or later, newest first; the list may be a moment behind. */
export async function* jobsSince(since: number): AsyncGenerator<JobRecord> {
  for await (const record of queryJobs(since)) yield JobRecord.parse(record);
}

/**
 * Asks for the end of a job: what is not sent is never sent, what runs is cancelled at the provider,
 * what was answered is kept. The workflow sees it at its next look. Asking again, or for a job that
 * has ended or is being put together, changes nothing.
 * @returns the job as it then stands; null when there is no such job
 */
export async function requestCancel(job_id: string): Promise<JobRecord | null> {
  const job = await readJob(job_id);
  if (!job || job.cancel_requested || !isUnderWay(job.status)) return job;
  // Moved meanwhile: perhaps to its end.
  if (!(await update(key(job_id), { cancel_requested: true }, { status: job.status })))
    return requestCancel(job_id);
  return { ...job, cancel_requested: true };
}

/** Whether a job in this status can still be cancelled. */
function isUnderWay(status: BatchStatus): boolean {
  return status === "pending" || status === "in_progress";
}

/** Whether another execution may have a job: its own has failed, or has only come to note that it may not have it. */
export function isFree({ status, execution, barred_executions }: JobRecord): boolean {
  return status === "failed" || (!hasEnded(status) && barred_executions?.includes(execution) === true);
}

/**
 * Claims a job for one execution. EventBridge delivers at least once and people start executions
 * by hand: the first to come has the job, and a later one may have it only when it is free.
 * An execution that ended has it no longer: a run of it that Step Functions gave up may still go on.
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
  if (held.barred_executions?.includes(execution)) return null;
  if (held.execution === execution) return hasEnded(held.status) ? null : held;
  if (isFree(held)) {
    const only = {
      execution: held.execution,
      status: held.status,
      barred_count: held.barred_count,
    };
    // What the one before came to is not what this one has come to.
    const cleared = {
      error: undefined,
      tally: undefined,
      counts: undefined,
      usage: undefined,
      receipt: undefined,
    };
    await update(key(info.job_id), { execution, status: "pending", ...cleared }, only);
    // Look again: another may have been faster, or the update's answer was lost, and sent again by the SDK it failed on itself.
    return claimJob(info, execution, max_batch_bytes);
  }
  // It ends now: another run of it that is late must not find the job free some day and take it.
  if (hasEnded(held.status) || (await bar(held, execution))) return null;
  return claimJob(info, execution, max_batch_bytes);
}

/**
 * Notes that no run of an execution may have the job, now or later.
 * @throws Error when the record has changed meanwhile, and the caller must look again
 */
export async function barExecution(job: JobRecord, execution: string): Promise<void> {
  if (!(await bar(job, execution))) throw new Error(`the record of job ${job.job_id} was changed meanwhile`);
}

async function bar(job: JobRecord, execution: string): Promise<boolean> {
  if (job.barred_executions?.includes(execution)) return true;
  const { barred_count } = job;
  return update(key(job.job_id), barred(job, execution), { execution: job.execution, barred_count });
}

function barred({ barred_executions = [], barred_count = 0 }: JobRecord, execution: string) {
  return {
    barred_executions: [...barred_executions, execution].slice(-MOST_BARRED),
    barred_count: barred_count + 1,
  };
}

/**
 * Gives a job whose execution is dead to another, which is to cancel it. False when the job has moved
 * meanwhile: it has ended, or is somebody else's.
 */
export function handOver(job: JobRecord, heir: string): Promise<boolean> {
  const { execution, status, barred_count } = job;
  const change = { ...barred(job, execution), execution: heir, cancel_requested: true, tally: undefined };
  return update(key(job.job_id), change, { execution, status, barred_count });
}

/** What is set when a job is moved. */
type JobFields = Partial<Omit<JobRecord, "job_id" | "status" | "times">>;

/** A job as it will be once it is moved to a status. `now` in Unix seconds. */
export function movedJob(
  job: JobRecord,
  status: BatchStatus,
  now: number,
  fields: JobFields = {},
): BatchJobInfo {
  return BatchJobInfo.parse({ ...job, ...fields, status, times: { ...job.times, [status]: now } });
}

/**
 * Moves a job to a status and sets what else is known, if the fields of `unchanged` are still as they
 * say. `now` in Unix seconds.
 * @throws Error when the job is no longer as `job` says: another run has moved it, and this one must look again
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
 * Settles what a job whose batches are done came to, and whether it ends cancelled: from then on a request
 * to cancel comes too late, so that whoever puts the job together says the same of it. `tally`: see `JobRecord`.
 * @throws Error as `updateJob`
 */
export async function closeJob(job: JobRecord, tally: string, now: number): Promise<JobRecord> {
  if (job.tally !== undefined) return job;
  const closing = job.cancel_requested ? "cancelling" : "finalizing";
  const status = isUnderWay(job.status) ? closing : job.status;
  // Only absence can be compared: what was set by hand may have another form.
  const unchanged = job.cancel_requested === undefined ? { cancel_requested: undefined } : {};
  const info = await updateJob(job, status, now, { tally }, { tally: undefined, ...unchanged });
  return { ...job, ...info, tally };
}

/**
 * The record of a job that an execution has.
 * @throws Error when it has not, or no longer: nothing may be written for it then
 */
export async function heldJob(job_id: string, execution: string): Promise<JobRecord> {
  const job = await readJob(job_id);
  if (!job) throw new Error(`there is no record of job ${job_id}`);
  if (job.execution !== execution || job.barred_executions?.includes(execution))
    throw new Error(`execution ${execution} no longer has job ${job_id}: ${job.execution} has`);
  return job;
}
