/**
 * What the batches of a job came to, settled once. A later run may find more collected: what it would write would not
 * fit what was written before.
 */
import { createHash } from "node:crypto";
import * as z from "zod";
import { ItemCounts, Receipt } from "../../shared/models.ts";
import { jobReceipt } from "../../shared/money/receipt.ts";
import { addCounts, NO_COUNTS } from "../../shared/money/sums.ts";
import type { JobFile } from "../../shared/objects/job-file.ts";
import { tallyKey } from "../../shared/objects/keys.ts";
import { type Leftovers, readLeftovers } from "../../shared/objects/leftovers.ts";
import { readText, writeText } from "../../shared/objects/objects.ts";
import {
  type BatchEnd,
  type BatchRecord,
  batchEnds,
  billsOf,
  isDone,
} from "../../shared/records/batch-record.ts";
import { closeJob, type JobRecord } from "../../shared/records/job-record.ts";

const Tally = z.object({
  /** The batches in input order: the last round that was collected, or why none was. */
  batches: z.array(
    z.union([
      z.object({
        round: z.int().positive(),
        bytes: z.int(),
        unanswered: z.boolean(),
        /** Set when items that it left over were sent in the job's last round: its rows are written anew. */
        pooled: z.boolean().optional(),
      }),
      z.object({ lost: z.string() }),
    ]),
  ),
  /** Of the batches that were collected, and whose rows stay as they are. */
  counts: ItemCounts,
  /** The job's last round, where it was sent. */
  pool: z.object({ batch: z.int().positive(), round: z.int().positive() }).optional(),
  /** Why batches could not be finished. A job with such a problem fails, and resumes when it is started again. */
  problems: z.array(z.string()),
  /** Whether the job's deadline ended a batch. */
  expired: z.boolean(),
  receipt: Receipt,
});
export type Tally = z.infer<typeof Tally>;

/** A job that is being put together. */
export interface ClosedJob {
  job: JobRecord;
  name: string;
  tally: Tally;
}

/** Settles what a job came to, or finds that a run before this one has. `now`: Unix seconds. */
export async function settleTally(job: JobRecord, file: JobFile, now: number): Promise<ClosedJob> {
  const { job_id } = job;
  if (job.tally !== undefined) {
    const key = tallyKey(job_id, job.tally);
    const text = await readText(key);
    if (text === null) throw new Error(`${key} is missing`);
    return { job, name: job.tally, tally: Tally.parse(JSON.parse(text)) };
  }
  const ends = await batchEnds(job_id);
  const tally = tallyOf(file, ends, await readLeftovers(job_id), now);
  const text = JSON.stringify(tally);
  // Named by what is in it, so that no other run can put another under this name.
  const name = createHash("sha256").update(text).digest("hex").slice(0, 16);
  await writeText(tallyKey(job_id, name), text);
  return { job: await closeJob(job, name, now), name, tally };
}

function tallyOf(
  file: JobFile,
  ends: Map<number, BatchEnd>,
  leftovers: Leftovers | null,
  now: number,
): Tally {
  const pooledEnd = leftovers ? ends.get(leftovers.batch) : undefined;
  // Where it was not sent, the items keep their own errors.
  const pool = pooledEnd?.sent ? pooledEnd.collected : null;
  const tally: Tally = {
    batches: [],
    counts: NO_COUNTS,
    problems: [],
    expired: false,
    receipt: jobReceipt(billsOf(ends.values())),
  };
  for (let batch = 1; batch <= file.batches.length; batch++) {
    if (file.batches[batch - 1]?.requests === 0) {
      // Only invalid lines, each with its own error: there was nothing to send.
      tally.batches.push({ lost: "nothing of the batch was sent" });
      continue;
    }
    const end = ends.get(batch);
    take(tally, batch, end, now);
    const done = end?.collected;
    if (!done) {
      tally.batches.push({ lost: end?.last.error ?? "the batch was never collected" });
      continue;
    }
    const { round, rows_bytes: bytes = 0, unanswered_count = 0, counts = NO_COUNTS } = done;
    const pooled = pool && leftovers?.from.includes(batch);
    tally.batches.push({
      round,
      bytes,
      unanswered: unanswered_count > 0,
      ...(pooled && { pooled }),
    });
    if (!pooled) tally.counts = addCounts(tally.counts, counts);
  }
  if (leftovers) take(tally, leftovers.batch, pooledEnd, now);
  if (pool) tally.pool = { batch: pool.batch, round: pool.round };
  return tally;
}

/** Notes why a batch could not be finished, and whether the job's deadline ended it. */
function take(tally: Tally, batch: number, end: BatchEnd | undefined, now: number): void {
  const { last } = end ?? {};
  // A round that was to follow may have failed before it left a record.
  const open = last?.collected ? `${last.items_left} items were not tried again` : "it was never collected";
  if (!isDone(end)) tally.problems.push(`batch ${batch}: ${last?.error ?? open}`);
  if (last && endedByDeadline(last, now)) tally.expired = true;
}

/** Whether the job's deadline, and not the provider's own, ended a batch. */
function endedByDeadline({ deadline_at, status }: BatchRecord, now: number): boolean {
  return deadline_at !== undefined && now >= deadline_at && (status === "cancelled" || status === "expired");
}
