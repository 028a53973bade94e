/** Looks at a provider batch once. */
import { type BatchRecord, readBatch, updateBatch } from "../../shared/batch-record.ts";
import { hasEnded } from "../../shared/models.ts";
import type { BatchState } from "../../shared/payload.ts";
import { nextWait } from "../../shared/poll-wait.ts";
import type { Provider } from "../../shared/providers/provider.ts";

/** What `pollStatus` needs besides the table. */
export interface PollSettings {
  provider: (name: BatchRecord["provider"]) => Promise<Provider>;
  /** Unix seconds. */
  now: () => number;
}

/** Records what the provider says; cancels the batch when the job's deadline has passed. */
export async function pollStatus(state: BatchState, settings: PollSettings): Promise<BatchState> {
  const record = await readBatch(state);
  if (!record) throw new Error(`batch ${state.batch} round ${state.round} was never submitted`);
  if (hasEnded(record.status) || !record.provider_batch_id) return { ...state, ended: true, wait_seconds: 0 };
  const provider = await settings.provider(record.provider);
  const now = settings.now();
  let info = await provider.pollStatus(record.provider_batch_id);
  const late = record.deadline_at !== undefined && now >= record.deadline_at;
  if (late && !hasEnded(info.status) && info.status !== "cancelling") {
    info = await provider.cancelBatch(record.provider_batch_id);
  }
  await updateBatch(state, {
    status: info.status,
    raw: info.raw,
    ...(info.error ? { error: info.error } : {}),
    times: { ...record.times, [info.status]: record.times?.[info.status] ?? now },
  });
  const ended = hasEnded(info.status);
  const waited = now - (record.submitted_at ?? now);
  return { ...state, ended, wait_seconds: ended ? 0 : nextWait(waited, state.min_poll_seconds) };
}
