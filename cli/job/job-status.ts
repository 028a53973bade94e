/** How a job stands: the one reading of its records that `run`, `watch`, `status` and `list` show. */
import { hasEnded, type Receipt } from "../../shared/models.ts";
import { jobReceipt } from "../../shared/money/receipt.ts";
import { itemsIn } from "../../shared/money/sums.ts";
import { batchEnds, billsOf } from "../../shared/records/batch-record.ts";
import { type JobRecord, readJob } from "../../shared/records/job-record.ts";
import type { Backend, ExecutionState } from "../backend/backend.ts";
import { withRetries } from "../retry/merged-files.ts";
import { type BatchProgress, batchProgress } from "./batch-progress.ts";

export interface JobProgress {
  /** Items that are done: with an answer, as far as providers report them, or for good without one. */
  answered: number;
  /** Items of the job; 0 until the input has been read. */
  items: number;
  batches: number;
  batchesDone: number;
}

export interface JobStatus extends JobProgress {
  job: JobRecord;
  ended: boolean;
  /** Those that were begun, by number; none for a job that has ended. */
  begun: BatchProgress[];
  execution: ExecutionState;
  /** What it has cost so far: the answers that are collected, those of retries here among them. */
  receipt: Receipt | undefined;
}

/**
 * Reads how a job stands; null when there is no such job, or not yet. `execution`: the one that is to have it, if
 * that is known; it may not have it yet.
 */
export async function readJobStatus(
  job_id: string,
  backend: Backend,
  execution?: string,
): Promise<JobStatus | null> {
  const job = await readJob(job_id);
  if (!job) return null;
  return statusOf(job, backend, execution);
}

/** How a job stands whose record was read. */
export async function statusOf(read: JobRecord, backend: Backend, wanted?: string): Promise<JobStatus> {
  const execution = await executionOf(read, backend, wanted);
  // An execution that has ended may have ended the job since its record was read.
  const now = execution.alive || hasEnded(read.status) ? read : ((await readJob(read.job_id)) ?? read);
  const ended = hasEnded(now.status);
  const job = ended ? await withRetries(now, backend) : now;
  const ends = ended ? [] : [...(await batchEnds(job.job_id)).values()];
  const begun = ends.map(batchProgress).sort((a, b) => a.batch - b.batch);
  const progress = ended ? endedProgress(job) : runningProgress(job, begun);
  return {
    job,
    ended,
    begun,
    ...progress,
    receipt: ended ? job.receipt : jobReceipt(billsOf(ends)),
    execution,
  };
}

/** Items with an answer worth keeping, of a job that has ended; until then those that are done. */
export function answeredItems({ ended, job, answered }: JobStatus): number {
  return ended ? (job.counts?.succeeded ?? 0) : answered;
}

function runningProgress(job: JobRecord, begun: BatchProgress[]): JobProgress {
  return {
    answered: begun.reduce((sum, { answered }) => sum + answered, 0),
    items: job.request_count,
    batches: job.batch_count ?? 0,
    batchesDone: begun.filter(({ state }) => state === "done").length,
  };
}

function endedProgress(job: JobRecord): JobProgress {
  const answered = itemsIn(job.counts ?? {});
  const batches = job.batch_count ?? 0;
  return { answered, items: job.request_count, batches, batchesDone: job.status === "failed" ? 0 : batches };
}

async function executionOf(job: JobRecord, backend: Backend, wanted?: string): Promise<ExecutionState> {
  if (wanted === undefined && hasEnded(job.status)) return { alive: false, text: "the job has ended" };
  const state = await backend.execution(wanted ?? job.execution);
  return state.alive || wanted === undefined ? state : backend.execution(job.execution);
}
