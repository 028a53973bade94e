/** Joins a provider batch to its record: one just made, or one whose create was answered to nobody. */
import { type BatchRecord, claimProviderBatch, readBatch, updateBatch } from "../../shared/batch-record.ts";
import type { BatchJobInfo } from "../../shared/models.ts";
import type { Provider } from "../../shared/providers/provider.ts";

/**
 * Looks at the provider for the batch of a create whose answer was lost. Null when it is not there
 * (yet); `undecided` when one is there that may still be another's: where a provider keeps no mark
 * of ours, a batch that was made a moment ago may belong to a run that is about to claim it.
 */
export async function adopt(
  found: BatchRecord,
  provider: Provider,
  now: number,
  settleSeconds: number,
): Promise<BatchRecord | "undecided" | null> {
  const candidates = await provider.findBatch({
    mark: found,
    request_count: found.request_count,
    created_after: found.creating_at ?? found.intent_at,
  });
  let undecided = false;
  for (const info of candidates) {
    if (!provider.findsByMark && now < info.created_at + settleSeconds) {
      undecided = true;
      continue;
    }
    const recorded = await claim(found, info, now);
    if (recorded) return recorded;
  }
  return undecided ? "undecided" : null;
}

/**
 * Records the provider's id of a batch that was just made. When the round was taken over meanwhile,
 * the batch is an orphan: it is cancelled. Null then.
 */
export async function record(
  mine: BatchRecord,
  info: BatchJobInfo,
  provider: Provider,
  now: number,
): Promise<BatchRecord | null> {
  const recorded = await claim(mine, info, now);
  if (recorded) return recorded;
  const current = await readBatch(mine);
  if (current?.provider_batch_id === info.job_id) return current;
  if (await claimProviderBatch(mine.provider, info.job_id, mine)) await provider.cancelBatch(info.job_id);
  return null;
}

async function claim(found: BatchRecord, info: BatchJobInfo, now: number): Promise<BatchRecord | null> {
  if (!(await claimProviderBatch(found.provider, info.job_id, found))) return null;
  const fields = {
    provider_batch_id: info.job_id,
    status: info.status,
    raw: info.raw,
    submitted_at: now,
    times: { ...found.times, pending: found.intent_at, [info.status]: now },
  };
  const only = { attempt: found.attempt, provider_batch_id: undefined };
  return (await updateBatch(found, fields, only)) ? { ...found, ...fields } : null;
}
