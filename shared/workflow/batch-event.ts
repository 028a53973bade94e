/** The event of a batch with which nothing more is done. */
import { rowsKey } from "../objects/keys.ts";
import { BatchEvent, type BatchState } from "../payload.ts";
import { readBatch } from "../records/batch-record.ts";
import { readJob } from "../records/job-record.ts";

/**
 * The event of a batch as it stands. Its rows are those of its last collected round: a round begins only when the one
 * before it was collected.
 */
export async function batchEvent({ job_id, batch, round }: BatchState): Promise<BatchEvent> {
  const [job, last, before] = await Promise.all([
    readJob(job_id),
    readBatch({ job_id, batch, round }),
    round > 1 ? readBatch({ job_id, batch, round: round - 1 }) : null,
  ]);
  const collected = last?.collected ? last : before;
  return BatchEvent.parse({
    job_id,
    batch,
    // The job's last round comes after the batches of its input: see `leftovers.ts`.
    batches: job?.batch_count && Math.max(job.batch_count, batch),
    provider: job?.provider ?? null,
    status: last?.status ?? "failed",
    counts: collected?.counts,
    rows: collected && { key: rowsKey(job_id, batch, collected.round), bytes: collected.rows_bytes },
  });
}
