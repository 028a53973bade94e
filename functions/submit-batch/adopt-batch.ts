/** Joins a provider batch to its record: one just made, or one whose create was answered to nobody. */

import { secondsSince } from "../../shared/clock.ts";
import { hasEnded } from "../../shared/models.ts";
import { lineOf } from "../../shared/objects/keys.ts";
import type { Provider, ProviderBatch } from "../../shared/providers/provider.ts";
import { type BatchRecord, NO_WAIT, readBatch, updateBatch } from "../../shared/records/batch-record.ts";
import { claimCreated, claimFound, releaseClaim } from "../../shared/records/provider-claim.ts";
import { note } from "../../shared/telemetry.ts";

/**
 * Looks at the provider for the batch of a create whose answer was lost. Null when it is not there
 * (yet). `undecided` when one is there that may be ours and may be another's: where a provider
 * keeps no mark of ours, a batch made a moment ago may belong to a run that is about to claim it,
 * and one that another found in the same way may prove to be ours. `firstWait`: seconds until the
 * first look at the batch.
 */
export async function adopt(
  found: BatchRecord,
  provider: Provider,
  now: number,
  settleSeconds: number,
  firstWait: number,
): Promise<BatchRecord | "undecided" | null> {
  const candidates = await provider.findBatch({
    mark: found,
    request_count: found.request_count,
    created_after: found.creating_at ?? found.intent_at,
  });
  let undecided = false;
  const foreign: string[] = [];
  for (const info of candidates) {
    if (found.disowned?.includes(info.id)) continue;
    if (!provider.findsByMark && now < info.created_at + settleSeconds) {
      undecided = true;
      continue;
    }
    const claim = await claimFound(found.provider, info.id, found, provider.findsByMark);
    if (claim === "taken") continue;
    if (claim === "unproved") {
      // Who has it may never come to prove it, as when its job has failed: once the batch has ended, its results tell.
      if (!hasEnded(info.status)) {
        undecided = true;
        continue;
      }
      if (!(await bearsTag(info, found.tag, provider))) {
        foreign.push(info.id);
        continue;
      }
      await claimCreated(found.provider, info.id, found);
    }
    const proved = provider.findsByMark || claim === "unproved";
    const joined = await join(found, info, now, firstWait, proved ? undefined : true);
    if (joined) return joined;
  }
  if (foreign.length > 0) {
    const disowned = [...(found.disowned ?? []), ...foreign];
    await updateBatch(found, { disowned }, { attempt: found.attempt, provider_batch_id: undefined });
  }
  return undecided ? "undecided" : null;
}

/** Whether an ended batch has a result of this round. */
async function bearsTag(info: ProviderBatch, tag: string, provider: Provider): Promise<boolean> {
  for await (const { custom_id } of provider.getResults(info))
    if (custom_id !== null && lineOf(custom_id, tag) !== null) return true;
  return false;
}

/**
 * Records the provider's id of a batch that was just made. When the round was taken over meanwhile
 * and has another batch, this one is an orphan: it is cancelled. Null then. `firstWait`: as above.
 */
export async function record(
  mine: BatchRecord,
  info: ProviderBatch,
  provider: Provider,
  now: number,
  firstWait: number,
): Promise<BatchRecord | null> {
  await claimCreated(mine.provider, info.id, mine);
  const joined = await join(mine, info, now, firstWait, undefined);
  if (joined) return joined;
  const current = await readBatch(mine);
  if (current?.provider_batch_id === info.id) {
    await updateBatch(mine, { unproved: undefined }, { provider_batch_id: info.id });
    return current;
  }
  await releaseClaim(mine.provider, info.id, mine);
  await provider.cancelBatch(info.id);
  return null;
}

async function join(
  found: BatchRecord,
  info: ProviderBatch,
  now: number,
  firstWait: number,
  unproved: true | undefined,
): Promise<BatchRecord | null> {
  // A batch may have ended when it is found: `poll-status` alone ends a round, with all that goes with it.
  const status = hasEnded(info.status) ? "in_progress" : info.status;
  const fields = {
    ...NO_WAIT,
    next_look_at: now + firstWait,
    provider_batch_id: info.id,
    unproved,
    status,
    raw: info.raw,
    submitted_at: now,
    times: { ...found.times, pending: found.intent_at, [status]: now },
  };
  const only = { attempt: found.attempt, provider_batch_id: undefined };
  if (!(await updateBatch(found, fields, only))) return null;
  note({ queue_wait_seconds: secondsSince(found.created_at, now) });
  return { ...found, ...fields };
}
