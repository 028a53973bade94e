/** Records what failed for good: one batch, or the whole job. */
import { type BatchJobInfo, hasEnded } from "../../shared/models.ts";
import { writeNote } from "../../shared/objects/uploads.ts";
import {
  type BatchState,
  type FailureInput,
  type FinishedJob,
  isUpload,
  JobEvent,
} from "../../shared/payload.ts";
import { claimJob, fenceExecution, readJob, updateJob } from "../../shared/records/job-record.ts";
import { stopped } from "../../shared/records/lifecycle/trouble.ts";
import { note } from "../../shared/telemetry.ts";
import { batchEvent } from "../../shared/workflow/batch-event.ts";
import { readSource } from "../../shared/workflow/job-source.ts";
import { writeFailureReport } from "./failure-report.ts";

/** Longest error text kept; Step Functions allows a cause of 32,768 characters. */
const MAX_ERROR = 4000;

/**
 * Records that a batch has failed for good. Its rows get this error, and the job continues with the other batches.
 * @returns the batch's event
 */
export async function recordBatchFailure(
  state: BatchState,
  error: FailureInput["error"],
): Promise<Pick<BatchState, "info">> {
  const { job_id, batch, round } = state;
  note({ job_id, batch, round, outcome: "batch failed", failed_with: error.Error });
  await stopped(state, readable(error));
  return { info: await batchEvent(state) };
}

/** Records that the job failed, and beside an upload why it became no job. `now`: Unix seconds. */
export async function recordJobFailure(failure: FailureInput, now: number): Promise<FinishedJob> {
  const source = await readSource(failure.input);
  const { job_id, key } = source;
  const { execution } = failure;
  note({ job_id, execution, outcome: "job failed", failed_with: failure.error.Error });
  const error = readable(failure.error);
  const job =
    (await readJob(job_id)) ??
    (await claimJob(unprepared(job_id, now), failure.execution)) ??
    (await readJob(job_id));
  if (job?.execution === failure.execution && hasEnded(job.status)) {
    // A run that was given up has ended the job after all: an end stays what it is.
    note({ outcome: "ended meanwhile" });
    return { job_id, more: false, succeeded: job.status !== "failed", info: JobEvent.parse(job) };
  }
  if (job) await fenceExecution(job, failure.execution);
  if (!job || job.execution !== failure.execution) {
    // Another execution has the job: this one may not change its record.
    const info = { ...unprepared(job_id, now), status: "failed" as const, error };
    return { job_id, more: false, succeeded: false, info: JobEvent.parse(info) };
  }
  // Nothing was sent. The uploader may look only at the file, so a note is put beside it.
  if (job.batch_count === undefined && isUpload(failure.input)) await writeNote(key, error, now);
  await writeFailureReport(job, source, { error, endedAt: now });
  const info = await updateJob(job, "failed", now, { error });
  return { job_id, more: false, succeeded: false, info: JobEvent.parse(info) };
}

/** A job that failed before its spec was known. */
function unprepared(job_id: string, now: number): BatchJobInfo {
  return { job_id, provider: null, status: "pending", created_at: now, request_count: 0, raw: null };
}

/** Lambda gives the cause as JSON with `errorMessage`; the local engine gives the message itself. */
function readable({ Error: name, Cause }: FailureInput["error"]): string {
  const message = lambdaMessage(Cause) ?? (Cause || name);
  return message.slice(0, MAX_ERROR);
}

function lambdaMessage(cause: string): string | null {
  try {
    const message = (JSON.parse(cause) as { errorMessage?: unknown } | null)?.errorMessage;
    return typeof message === "string" && message !== "" ? message : null;
  } catch {
    return null;
  }
}
