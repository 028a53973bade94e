/** When a job goes over from batches to real time, so that it ends before its deadline. */
import { itemsIn } from "../money/sums.ts";
import { type BatchRecord, batchEnds, isDone } from "../records/batch-record.ts";
import type { JobRecord } from "../records/job-record.ts";
import { readPace, secondsFor } from "../records/pace.ts";

/** Longest time that a batch gets to end after it was asked to make way, in seconds. OpenAI names 10 minutes. */
const GRACE = 900;
/** The grace of a short job, as a share of its whole time. */
const GRACE_SHARE = 1 / 8;
/** No batch makes way before this share of the job's time is over. */
const BATCH_SHARE = 1 / 2;
/** The pace may be worse than it was measured. */
const SAFETY = 1.5;

/** Moments in Unix seconds. */
export interface TurnTimes {
  /** From then on no batch is sent, and those at the provider are asked to end. */
  turn_at: number;
  /** From then on a batch that has not ended is left to itself. */
  leave_at: number;
  /** Until then the end of a batch that was left is waited for, to know what it cost. */
  late_until: number;
}

/** The moments of a round; null for a job that does not go over. `now`: Unix seconds. */
export async function turnOf(
  record: BatchRecord,
  job: Pick<JobRecord, "created_at" | "request_count"> | null,
  now: number,
): Promise<TurnTimes | null> {
  const { at_deadline, deadline_at, turning_at } = record;
  if (at_deadline === undefined || deadline_at === undefined || !job) return null;
  const whole = Math.max(0, deadline_at - job.created_at);
  const grace = Math.min(GRACE, whole * GRACE_SHARE);
  const pace = await readPace(record, now);
  const turnFor = (requests: number) => {
    const needed = SAFETY * secondsFor(requests, pace, record) + grace / 2;
    return Math.max(job.created_at + whole * BATCH_SHARE, deadline_at - needed - grace);
  };
  // Batches of a job go over at about the same time, and share what the account may ask. How many items are left is
  // read only once it matters: when all of them would have their turn.
  let turn_at = turnFor(Math.max(record.request_count, job.request_count));
  if (now >= turn_at && turning_at === undefined) {
    const done = await doneItems(record.job_id);
    turn_at = turnFor(Math.max(record.request_count, job.request_count - done));
  }
  return { turn_at, leave_at: (turning_at ?? turn_at) + grace, late_until: deadline_at - grace / 4 };
}

/** Items of the batches with which nothing more is done. */
async function doneItems(job_id: string): Promise<number> {
  let items = 0;
  for (const end of (await batchEnds(job_id)).values())
    if (isDone(end)) items += itemsIn(end.last.counts ?? {});
  return items;
}

/** A wait of so many seconds that does not miss a moment (Unix seconds) still to come. */
export function waitUntil(seconds: number, moment: number | undefined, now: number): number {
  if (moment === undefined || moment <= now) return seconds;
  return Math.min(seconds, Math.max(1, Math.ceil(moment - now)));
}
