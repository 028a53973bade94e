/** Polls a provider batch once. */
import { secondsSince } from "../../shared/clock.ts";
import { ProviderUnavailableError } from "../../shared/errors.ts";
import { hasEnded } from "../../shared/models.ts";
import type { BatchState } from "../../shared/payload.ts";
import { formatOf } from "../../shared/providers/formats.ts";
import type { ProviderBatch } from "../../shared/providers/provider.ts";
import { type BatchRecord, readBatch } from "../../shared/records/batch-record.ts";
import { readJob } from "../../shared/records/job-record.ts";
import { polled } from "../../shared/records/lifecycle/at-provider.ts";
import { overtaken } from "../../shared/records/lifecycle/real-time.ts";
import { queueOf, release } from "../../shared/records/token-ledger.ts";
import { deafWake, wakeOf } from "../../shared/records/wake-record.ts";
import { note } from "../../shared/telemetry.ts";
import type { StepDeps } from "../../shared/workflow/batch-step.ts";
import { stopOf } from "../../shared/workflow/job-stop.ts";
import { isWorthAnotherPoll, nextWait, pollWait, settleWait } from "../../shared/workflow/poll-wait.ts";
import { turnOf, waitUntil } from "../../shared/workflow/real-time-turn.ts";
import { isTooLargeForQueue } from "./capacity-rejection.ts";
import { failIfAccount, failIfEndless, noteUnknownStatus } from "./odd-ends.ts";
import { pollLate } from "./poll-late.ts";
import { retrieve } from "./retrieve.ts";

/**
 * Records what the provider says; cancels the batch when the job is to be stopped. A batch that was rejected because
 * the provider's token queue was full comes back with `submitted` false.
 * @throws Error when the batch should have ended long ago
 * @throws ProviderAuthError when the batch failed because of the account
 */
export async function pollStatus(state: BatchState, deps: StepDeps): Promise<BatchState> {
  const [record, job] = await Promise.all([readBatch(state), readJob(state.job_id)]);
  if (!record) throw new Error(`batch ${state.batch} round ${state.round} was never submitted`);
  const { provider: name, account, model, provider_batch_id, request_count } = record;
  note({ provider: name, account, model, provider_batch_id, request_count, outcome: record.status });
  const now = deps.now();
  if (state.late) return pollLate(state, { record, job, now }, deps);
  if (hasEnded(record.status)) return { ...state, ended: true, wait_seconds: 0 };
  // Another run found it rejected for capacity, and made it ready to be sent again.
  if (!provider_batch_id) return { ...state, submitted: false, ended: false, wait_seconds: 1 };
  // Noted before the call: the batch grows older while its provider does not answer, too.
  note({ batch_age_seconds: secondsSince(record.submitted_at, now) });
  const provider = await deps.provider(record);
  const stop = stopOf(record, job, now) !== null;
  const turn = stop ? null : await turnOf(record, job, now);
  const turning = turn !== null && now >= turn.turn_at;
  // A batch that was to make way does not hold its job up beyond the deadline.
  const leave = (turning && now >= turn.leave_at) || (stop && !job?.cancel_requested && record.turning_at);
  const batch = await retrieve(record, provider_batch_id, provider, stop || turning).catch((error) => {
    if (leave && error instanceof ProviderUnavailableError) return null;
    throw error;
  });
  if (!batch || (leave && !hasEnded(batch.status))) return leaveBatch(state, record, deps, now);
  const final = hasEnded(batch.status);
  note({
    outcome: batch.status,
    succeeded: batch.counts.succeeded,
    seen_lag_seconds: secondsSince(final ? batch.times[batch.status] : undefined, now),
  });
  await failIfAccount(record, batch, provider, now);
  let too_large = false;
  if (final && provider.limitsQueuedTokens) {
    const rejection = provider.queueRefusal(batch);
    const wait_seconds = nextWait(now - record.created_at, 60);
    too_large =
      rejection !== null &&
      (await isTooLargeForQueue(record, batch, rejection.limit, provider, now, now + wait_seconds));
    if (rejection && !too_large) {
      note({ outcome: "rejected for capacity", wait_seconds });
      return { ...state, submitted: false, ended: false, wait_seconds };
    }
    await release(queueOf(record), record, now);
  }
  const failure = batch.status === "failed" && !too_large ? formatOf(name).failureOf(batch.raw) : null;
  const refused = failure?.kind === "lines" || failure?.kind === "requests";
  const lacks = isWorthAnotherPoll(record.unsettled, "parts") ? provider.unsettled(batch) : null;
  const ended = final && lacks === null;
  const reached_at = record.times?.[batch.status] ?? now;
  const turning_at = turning ? (record.turning_at ?? now) : record.turning_at;
  const moment = turning ? turn.leave_at : turn?.turn_at;
  const whole_wait = ended ? 0 : waitFor(record, batch, { lacks, reached_at, now }, state.min_poll_seconds);
  const wait_seconds = waitUntil(whole_wait, moment, now);
  note({ wait_seconds, ...(lacks && { outcome: `waiting for ${lacks}` }) });
  const next_poll_at = ended ? undefined : now + wait_seconds;
  const stop_asked_at = stop ? (record.stop_asked_at ?? now) : undefined;
  const moved = await polled(record, batch, {
    reached_at,
    next_poll_at,
    stop_asked_at,
    turning_at,
    too_large,
    refused,
    lacks,
    waits_less: wait_seconds < whole_wait,
  });
  // A slow run must not overwrite what another has found, or even collected, meanwhile: it polls again.
  if (!moved) return pollStatus(state, deps);
  await noteUnknownStatus(state, batch, now);
  if (!ended && !lacks) failIfEndless(moved, now);
  return { ...state, ended, wait_seconds, wake: lacks ? deafWake(now) : wakeOf(provider_batch_id, now, now) };
}

/** Leaves a batch that did not make way in time: its items are asked in real time. */
async function leaveBatch(
  state: BatchState,
  record: BatchRecord,
  deps: StepDeps,
  now: number,
): Promise<BatchState> {
  note({ outcome: "left to real time" });
  await release(queueOf(record), record, now);
  // Another run has moved it.
  if (!(await overtaken(record, now))) return pollStatus(state, deps);
  return { ...state, ended: true, wait_seconds: 0 };
}

/** Seconds until the next poll. `lacks`: parts of an ended batch that are not there yet. Times in Unix seconds. */
function waitFor(
  record: BatchRecord,
  { status }: ProviderBatch,
  { lacks, reached_at, now }: { lacks: string | null; reached_at: number; now: number },
  minPollSeconds: number,
): number {
  if (lacks) return settleWait(record.unsettled, minPollSeconds);
  // A provider takes minutes to cancel, however long the batch has run.
  const since = status === "cancelling" ? reached_at : (record.submitted_at ?? now);
  return pollWait(record, now - since, minPollSeconds);
}
