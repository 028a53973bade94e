/** Polls an overtaken batch, and asks it to end if nobody could. Its answers are no rows any more, but they are billed. */
import { ProviderRejectedError, ProviderUnavailableError } from "../../shared/errors.ts";
import { hasEnded } from "../../shared/models.ts";
import type { BatchState } from "../../shared/payload.ts";
import type { ProviderBatch } from "../../shared/providers/provider.ts";
import { lateSeen } from "../../shared/records/batch-lifecycle.ts";
import { type BatchRecord, batchEnds } from "../../shared/records/batch-record.ts";
import type { JobRecord } from "../../shared/records/job-record.ts";
import { wakeOf } from "../../shared/records/wake-record.ts";
import { note } from "../../shared/telemetry.ts";
import { nextWait } from "../../shared/workflow/poll-wait.ts";
import { turnOf, waitUntil } from "../../shared/workflow/real-time-turn.ts";
import type { PollDeps } from "./poll-status.ts";
import { retrieve } from "./retrieve.ts";

/** The batch, its job, and the time in Unix seconds. */
interface LatePoll {
  record: BatchRecord;
  job: JobRecord | null;
  now: number;
}

/**
 * One poll. `ended` is true when there is nothing to wait for: the batch or the time has ended, or the job was cancelled
 * and the batch was asked to end.
 */
export async function pollLate(
  state: BatchState,
  { record, job, now }: LatePoll,
  deps: PollDeps,
): Promise<BatchState> {
  const done = { ...state, ended: true, wait_seconds: 0 };
  const id = record.provider_batch_id;
  if (id === undefined || record.late !== undefined) return done;
  const until = (await turnOf(record, job, now))?.late_until ?? now;
  const batch = await statusOf(id, record, deps);
  note({ outcome: batch ? `late: ${batch.status}` : "late: no answer" });
  if (batch && hasEnded(batch.status)) {
    await lateSeen(record);
    return done;
  }
  if (batch && job?.cancel_requested) return done;
  // A batch that has not begun waits for this one's place, and has a deadline.
  if (now >= until || (await batchEnds(record.job_id)).size < (job?.batch_count ?? 0)) return done;
  const waited = nextWait(now - (record.overtaken_at ?? now), state.min_poll_seconds);
  const wait_seconds = waitUntil(waited, until, now);
  note({ wait_seconds });
  return { ...state, ended: false, wait_seconds, wake: wakeOf(id, now, now) };
}

/** The batch at the provider; null when the provider cannot answer now. */
async function statusOf(id: string, record: BatchRecord, deps: PollDeps): Promise<ProviderBatch | null> {
  const provider = await deps.provider(record);
  // Nobody asked it to end if no poll came through from its turn until it was left.
  const unasked = record.turning_at === record.overtaken_at;
  return retrieve(record, id, provider, unasked).catch((error: unknown) => {
    if (error instanceof ProviderUnavailableError || error instanceof ProviderRejectedError) return null;
    throw error;
  });
}
