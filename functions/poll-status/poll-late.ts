/** Polls an overtaken batch, and asks it to end if nobody could. Its answers are no rows any more, but they are billed. */
import { ProviderRejectedError, ProviderUnavailableError } from "../../shared/errors.ts";
import { hasEnded } from "../../shared/models.ts";
import type { BatchState } from "../../shared/payload.ts";
import type { ProviderBatch } from "../../shared/providers/provider.ts";
import { type BatchRecord, batchEnds } from "../../shared/records/batch-record.ts";
import type { JobRecord } from "../../shared/records/job-record.ts";
import { lateFound, lateSeen, lateSettled } from "../../shared/records/lifecycle/real-time.ts";
import { claimCreated } from "../../shared/records/provider-claim.ts";
import { wakeOf } from "../../shared/records/wake-record.ts";
import { note } from "../../shared/telemetry.ts";
import type { StepDeps } from "../../shared/workflow/batch-step.ts";
import { nextWait } from "../../shared/workflow/poll-wait.ts";
import { turnOf, waitUntil } from "../../shared/workflow/real-time-turn.ts";
import { retrieve } from "./retrieve.ts";

/** The batch, its job, and the time in Unix seconds. */
interface LatePoll {
  record: BatchRecord;
  job: JobRecord | null;
  now: number;
}

/**
 * One poll. `ended`: there is nothing to wait for. The batch or the time has ended, there surely is no batch, or
 * its cancel was asked for.
 */
export async function pollLate(
  state: BatchState,
  { record, job, now }: LatePoll,
  deps: StepDeps,
): Promise<BatchState> {
  const done = { ...state, ended: true, wait_seconds: 0 };
  if (record.late !== undefined) return done;
  const known = record.provider_batch_id === undefined ? await search(record, deps, now) : record;
  if (known === "nowhere") return done;
  const id = known?.provider_batch_id;
  const until = (await turnOf(record, job, now))?.late_until ?? now;
  const batch = known && id !== undefined ? await statusOf(id, known, deps) : null;
  note({ outcome: batch ? `late: ${batch.status}` : "late: no answer" });
  if (known && batch && hasEnded(batch.status)) {
    await lateSeen(known);
    return done;
  }
  if (batch && job?.cancel_requested) return done;
  // A batch that has not begun waits for this one's place, and has a deadline.
  if (now >= until || (await batchEnds(record.job_id)).size < (job?.batch_count ?? 0)) return done;
  const waited = nextWait(now - (record.overtaken_at ?? now), state.min_poll_seconds);
  const decided = id === undefined ? record.undecided_until : undefined;
  const wait_seconds = waitUntil(waitUntil(waited, until, now), decided, now);
  note({ wait_seconds });
  return { ...state, ended: false, wait_seconds, wake: wakeOf(id ?? "-", now, now) };
}

/**
 * Searches for the batch of a create whose answer was lost, by our mark. Null: it is not there yet. `nowhere`: it never will be, or
 * it could only be found by time and count. Then it may be another's, which is neither cancelled nor billed.
 */
async function search(
  record: BatchRecord,
  deps: StepDeps,
  now: number,
): Promise<BatchRecord | "nowhere" | null> {
  const { creating_at, undecided_until = 0, upload_id, request_count, disowned } = record;
  const provider = await deps.provider(record);
  if (creating_at === undefined || !provider.findsByMark) return "nowhere";
  const wanted = { mark: record, request_count, created_after: creating_at, upload_id };
  const candidates = await unlessUnreached(provider.findBatch(wanted));
  const batch = candidates?.find(({ id }) => !disowned?.includes(id));
  if (batch) {
    await claimCreated(record.provider, batch.id, record);
    return lateFound(record, batch.id);
  }
  if (!candidates || now < undecided_until) return null;
  await lateSettled(record, { late: "billed" });
  if (upload_id) await unlessUnreached(provider.deleteUpload(upload_id));
  return "nowhere";
}

/** The batch at the provider; null when the provider cannot answer now. */
async function statusOf(id: string, record: BatchRecord, deps: StepDeps): Promise<ProviderBatch | null> {
  const provider = await deps.provider(record);
  // Nobody asked it to end if no poll came through from its turn until it was left.
  const unasked = record.turning_at === record.overtaken_at;
  return unlessUnreached(retrieve(record, id, provider, unasked));
}

/** What a call brings; null when the provider cannot answer now. */
function unlessUnreached<T>(call: Promise<T>): Promise<T | null> {
  return call.catch((error: unknown) => {
    if (error instanceof ProviderUnavailableError || error instanceof ProviderRejectedError) return null;
    throw error;
  });
}
