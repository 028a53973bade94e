/** Ends a job: one result for every line, in input order; the lines without an answer; the summary. */
import { type BatchStatus, Usage } from "../../shared/models.ts";
import { addCounts } from "../../shared/money/sums.ts";
import { requireJobFile } from "../../shared/objects/job-file.ts";
import { summaryKey } from "../../shared/objects/keys.ts";
import { writeText } from "../../shared/objects/objects.ts";
import {
  type FinalizeInput,
  type FinishedJob,
  JobEvent,
  type LastRound,
  type UnfinishedJob,
} from "../../shared/payload.ts";
import { heldJob, type JobRecord, movedJob, updateJob } from "../../shared/records/job-record.ts";
import { writeReport } from "../../shared/report/job-report.ts";
import { note } from "../../shared/telemetry.ts";
import { readProgress, writeProgress } from "./progress.ts";
import { settleTally, type Tally } from "./tally.ts";
import { writeOutputs } from "./write-outputs.ts";

/** What `finalizeJob` needs besides S3 and the table. */
export interface FinalizeDeps {
  /** Unix seconds. */
  now: () => number;
  /** Seconds after which a run stops at its next safe point; the next run resumes. */
  runSeconds: number;
}

/**
 * Writes the job's outputs and its final state, as far as it comes in `runSeconds`; `more` says to run it again.
 * Running it again writes the same.
 * @throws Error when another execution has the job: nothing of its outputs is changed from then on
 */
export async function finalizeJob(
  { job_id, execution, pooled }: FinalizeInput,
  { now, runSeconds }: FinalizeDeps,
): Promise<FinishedJob | UnfinishedJob | LastRound> {
  const startedAt = now();
  note({ job_id, execution });
  const [held, file] = await Promise.all([heldJob(job_id, execution), requireJobFile(job_id)]);
  // With it comes the price list, which is as large as all the rest.
  const batch =
    pooled === false
      ? await (await import("./pool-leftovers.ts")).poolLeftovers(held, file, startedAt)
      : null;
  if (batch !== null) {
    note({ outcome: "one more round", batch });
    const { min_poll_seconds } = file.spec;
    return {
      job_id,
      more: true,
      pooled: true,
      batches: [batch],
      max_concurrent_batches: 1,
      min_poll_seconds,
    };
  }
  const closed = await settleTally(held, file, startedAt);
  const { job, name, tally } = closed;
  const progress = await readProgress(job_id, name);
  const beforeEnd = () => heldJob(job_id, execution);
  const isLate = () => now() - startedAt > runSeconds;
  if (!(await writeOutputs(closed, file, progress, { isLate, beforeEnd }))) {
    await writeProgress(job_id, name, progress);
    note({ outcome: "more to write" });
    return { job_id, more: true, pooled };
  }
  const status = statusOf(job, tally);
  const endedAt = now();
  const fields = {
    counts: Object.values(progress.lost).reduce((sum, { counts }) => addCounts(sum, counts), tally.counts),
    usage: Usage.parse(tally.receipt),
    receipt: tally.receipt,
    error: problemOf(job, tally),
  };
  const info = movedJob(job, status, endedAt, fields);
  await beforeEnd();
  const batches = tally.batches.map((end, index) => ({ batch: index + 1, ...end }));
  await writeReport(info, file, [...batches, ...(tally.pool ? [tally.pool] : [])], endedAt);
  // The record last: a job that has ended is not run again, so its outputs must all be there.
  await writeText(summaryKey(job_id), `${JSON.stringify(info, null, 2)}\n`);
  await updateJob(job, status, endedAt, fields);
  const { provider, model } = job;
  note({ outcome: status, provider, model, ...fields.counts, cost_usd: tally.receipt.cost_usd });
  return { job_id, more: false, succeeded: info.status !== "failed", info: JobEvent.parse(info) };
}

function statusOf(job: JobRecord, tally: Tally): BatchStatus {
  if (tally.problems.length > 0) return "failed";
  if (job.status === "cancelling" || job.status === "cancelled") return "cancelled";
  return tally.expired ? "expired" : "completed";
}

/** The first few problems; all of them are in the batches' records. */
function problemOf(job: JobRecord, { problems }: Tally): string | undefined {
  if (problems.length === 0) return undefined;
  const shown = problems.slice(0, 3).join("; ");
  return `${problems.length} of ${job.batch_count} batches could not be finished (${shown}); start the job again to resume it`;
}
