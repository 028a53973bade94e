/** Ends a job: one result for every line, in input order; the lines without an answer; the summary. */
import { type BatchEnd, type BatchRecord, batchEnds } from "../../shared/batch-record.ts";
import { type JobFile, requireJobFile } from "../../shared/job-file.ts";
import { closeJob, type JobRecord, movedJob, readJob, updateJob } from "../../shared/job-record.ts";
import { failedKey, resultsKey, rowsKey, summaryKey, unansweredKey } from "../../shared/keys.ts";
import { type BatchStatus, type ItemCounts, Usage } from "../../shared/models.ts";
import { type JoinPart, joinObjects } from "../../shared/object-join.ts";
import { writeText } from "../../shared/objects.ts";
import { type FinishedJob, JobEvent } from "../../shared/payload.ts";
import { receiptOf } from "../../shared/receipt.ts";
import { addCounts, NO_COUNTS } from "../../shared/sums.ts";
import { writeFailed } from "./failed-lines.ts";
import { writeLostRows } from "./lost-rows.ts";

/** Everything the batches of a job came to. */
interface Tally {
  rows: JoinPart[];
  /** Keys of the lists of unanswered lines, in input order. */
  unanswered: string[];
  counts: ItemCounts;
  /** What kept batches from being collected; a job with one of these may be started again and goes on. */
  problems: string[];
  expired: boolean;
}

/** Writes the job's outputs and its final state. Running it again writes the same. `now`: Unix seconds. */
export async function finalizeJob(job_id: string, now: () => number): Promise<FinishedJob> {
  const [found, file, ends] = await Promise.all([readJob(job_id), requireJobFile(job_id), batchEnds(job_id)]);
  if (!found) throw new Error(`there is no record of job ${job_id}`);
  const job = await closeJob(found, now());
  const tally = await tallyBatches(job_id, file, ends, now());
  await joinObjects(tally.rows, resultsKey(job_id));
  await writeFailed(file, tally.unanswered, failedKey(job_id));
  const status = statusOf(job, tally);
  const endedAt = now();
  const receipt = receiptOf([...ends.values()].flatMap(({ billed }) => billed));
  const fields = {
    counts: tally.counts,
    usage: Usage.parse(receipt),
    receipt,
    error: problemOf(job, tally),
  };
  const info = movedJob(job, status, endedAt, fields);
  // The record last: a job that has ended is not run again, so its outputs must all be there.
  await writeText(summaryKey(job_id), `${JSON.stringify(info, null, 2)}\n`);
  await updateJob(job, status, endedAt, fields);
  return { job_id, succeeded: info.status !== "failed", info: JobEvent.parse(info) };
}

async function tallyBatches(
  job_id: string,
  file: JobFile,
  ends: Map<number, BatchEnd>,
  now: number,
): Promise<Tally> {
  const tally: Tally = {
    rows: [],
    unanswered: [],
    counts: NO_COUNTS,
    problems: [],
    expired: false,
  };
  for (let batch = 1; batch <= file.batches.length; batch++) {
    const end = ends.get(batch);
    const last = end?.last;
    if (!last?.collected) tally.problems.push(`batch ${batch}: ${last?.error ?? "it was never collected"}`);
    // A round was to follow, and failed before it left a record.
    else if (last.items_left)
      tally.problems.push(`batch ${batch}: ${last.error ?? `${last.items_left} items were not tried again`}`);
    if (last && endedByDeadline(last, now)) tally.expired = true;
    const done = end?.collected;
    const lost = done
      ? null
      : await writeLostRows(job_id, batch, last?.error ?? "the batch was never collected");
    const round = done?.round ?? 0;
    tally.rows.push({ key: rowsKey(job_id, batch, round), bytes: lost?.bytes ?? done?.rows_bytes ?? 0 });
    if (lost || done?.unanswered_count) tally.unanswered.push(unansweredKey(job_id, batch, round));
    tally.counts = addCounts(tally.counts, lost?.counts ?? done?.counts ?? NO_COUNTS);
  }
  return tally;
}

/** Whether the job's deadline, and not the provider's own, ended a batch. */
function endedByDeadline({ deadline_at, status }: BatchRecord, now: number): boolean {
  return deadline_at !== undefined && now >= deadline_at && (status === "cancelled" || status === "expired");
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
  return `${problems.length} of ${job.batch_count} batches could not be finished (${shown}); start the job again to go on with it`;
}
