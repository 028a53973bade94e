/** Looks at a provider batch once. */

import { secondsSince } from "../../shared/clock.ts";
import { hasEnded } from "../../shared/models.ts";
import type { BatchState } from "../../shared/payload.ts";
import type { Provider, ProviderBatch } from "../../shared/providers/provider.ts";
import { type BatchRecord, NO_WAIT, readBatch, updateBatch } from "../../shared/records/batch-record.ts";
import { readJob } from "../../shared/records/job-record.ts";
import { queueOf, release } from "../../shared/records/token-ledger.ts";
import { wakeOf } from "../../shared/records/wake-record.ts";
import { note } from "../../shared/telemetry.ts";
import type { Account } from "../../shared/tenants/account.ts";
import { stopOf } from "../../shared/workflow/job-stop.ts";
import { lookWait, nextWait } from "../../shared/workflow/poll-wait.ts";
import { turnedAway } from "./turned-away.ts";

/** What `pollStatus` needs besides the table. */
export interface PollSettings {
  provider: (account: Account) => Promise<Provider>;
  /** Unix seconds. */
  now: () => number;
}

/**
 * Records what the provider says; cancels the batch when the job is to be stopped. A batch
 * that was turned away for want of room in the provider's queue comes back with `submitted` false.
 */
export async function pollStatus(state: BatchState, settings: PollSettings): Promise<BatchState> {
  const [record, job] = await Promise.all([readBatch(state), readJob(state.job_id)]);
  if (!record) throw new Error(`batch ${state.batch} round ${state.round} was never submitted`);
  const { provider: name, account, model, provider_batch_id, request_count } = record;
  note({ provider: name, account, model, provider_batch_id, request_count, outcome: record.status });
  if (hasEnded(record.status)) return { ...state, ended: true, wait_seconds: 0 };
  const now = settings.now();
  // Another run found it turned away and made it ready to be sent again.
  if (!provider_batch_id) return { ...state, submitted: false, ended: false, wait_seconds: 1 };
  // Told before the look: a batch gets old, too, at a provider that does not answer.
  note({ batch_age_seconds: secondsSince(record.submitted_at, now) });
  const provider = await settings.provider(record);
  const info = await look(record, provider_batch_id, provider, stopOf(record, job, now) !== null);
  const ended = hasEnded(info.status);
  const provider_ended_at = ended ? info.times?.[info.status] : undefined;
  note({
    outcome: info.status,
    succeeded: info.counts?.succeeded,
    seen_lag_seconds: secondsSince(provider_ended_at, now),
  });
  if (ended && provider.limitsQueuedTokens) {
    const refusal = provider.queueRefusal(info);
    const wait_seconds = nextWait(now - record.created_at, 60);
    if (refusal && !(await turnedAway(record, info, refusal.limit, provider, now, wait_seconds))) {
      note({ outcome: "turned away", wait_seconds });
      return { ...state, submitted: false, ended: false, wait_seconds };
    }
    await release(queueOf(record), record, now);
  }
  const reached = record.times?.[info.status] ?? now;
  // A provider takes minutes to cancel, however long the batch has run.
  const waited = now - (info.status === "cancelling" ? reached : (record.submitted_at ?? now));
  const wait_seconds = ended ? 0 : lookWait(record, waited, state.min_poll_seconds);
  note({ wait_seconds });
  const moved = await updateBatch(
    state,
    {
      ...NO_WAIT,
      next_look_at: ended ? undefined : now + wait_seconds,
      status: info.status,
      provider_ended_at,
      raw: info.raw,
      counts: info.counts,
      usage: info.usage,
      ...(info.error ? { error: info.error } : {}),
      times: { ...record.times, [info.status]: reached },
    },
    { provider_batch_id, status: record.status, collected: undefined },
  );
  // A run that was slow must not write over what another has found, or even collected, meanwhile: it looks again.
  if (!moved) return pollStatus(state, settings);
  return { ...state, ended, wait_seconds, wake: wakeOf(provider_batch_id, now, now) };
}

async function look(
  record: BatchRecord,
  id: string,
  provider: Provider,
  stop: boolean,
): Promise<ProviderBatch> {
  const info = await provider.pollStatus(id);
  // A batch found by time and count only may be somebody else's: it is left to its end, which tells.
  const cancels = stop && !record.unproved && !hasEnded(info.status) && info.status !== "cancelling";
  return cancels ? provider.cancelBatch(id) : info;
}
