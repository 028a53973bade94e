/** What the state machine does after a run: waits and comes again, polls, or asks in real time. */
import { hasEnded } from "../../shared/models.ts";
import type { BatchState } from "../../shared/payload.ts";
import type { BatchRecord } from "../../shared/records/batch-record.ts";
import { waiting } from "../../shared/records/lifecycle/sending.ts";
import { deafWake, wakeOf } from "../../shared/records/wake-record.ts";
import { note } from "../../shared/telemetry.ts";
import { pollWait, settleWait } from "../../shared/workflow/poll-wait.ts";

/** What a create waits for whose answer was lost. */
export const LOST_CREATE = "whether an earlier create was accepted";

/** Seconds until another run's write, or a lost create's batch, can be seen. */
export const SOON = 5;

/** What a batch that is not sent waits for, and the seconds until the next check. */
export interface Delay {
  reason: string;
  seconds: number;
}

/** The state after a round turned out to be one that `AnswerNow` asks. */
export function inRealTime(state: BatchState): BatchState {
  note({ outcome: "to be asked in real time" });
  return { ...state, real_time: true, submitted: false, ended: false, wait_seconds: 0 };
}

/** The state after a round is at the provider, or ended without: it is polled, or collected. */
export function submitted(state: BatchState, found: BatchRecord, now: number): BatchState {
  const sent = { ...state, submitted: true, ended: false };
  const { provider_batch_id, status } = found;
  note({ outcome: provider_batch_id ? "submitted" : `not sent: ${status}`, provider_batch_id });
  if (hasEnded(status) || !provider_batch_id) return { ...sent, wait_seconds: 0 };
  const wait_seconds = found.unsettled
    ? settleWait(found.unsettled, state.min_poll_seconds)
    : pollWait(found, now - (found.submitted_at ?? now), state.min_poll_seconds);
  note({ wait_seconds });
  // Of one that was never polled, any wake signal counts.
  return { ...sent, wait_seconds, wake: found.unsettled ? deafWake(now) : wakeOf(provider_batch_id, 0, now) };
}

/** Comes again after a wait; the batch's record says so to people. */
export async function waitFor(
  { reason, seconds }: Delay,
  state: BatchState,
  found: BatchRecord,
  now: number,
): Promise<BatchState> {
  const next = comeAgain(state, seconds, reason);
  await waiting(found, reason, now + next.wait_seconds);
  return next;
}

/** Comes again after so many seconds. */
export function comeAgain(state: BatchState, seconds: number, reason = "another run"): BatchState {
  const wait_seconds = Math.max(1, Math.ceil(seconds));
  note({ outcome: `waiting for ${reason}`, wait_seconds });
  return { ...state, submitted: false, ended: false, wait_seconds };
}
