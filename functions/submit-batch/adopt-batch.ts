/** Joins a provider batch to its record: one just made, or one whose create was answered to nobody. */
import { secondsSince } from "../../shared/clock.ts";
import { hasEnded } from "../../shared/models.ts";
import { lineOf } from "../../shared/objects/keys.ts";
import type { BatchState } from "../../shared/payload.ts";
import type { Provider, ProviderBatch } from "../../shared/providers/provider.ts";
import { type BatchRecord, readBatch } from "../../shared/records/batch-record.ts";
import { proved } from "../../shared/records/lifecycle/at-provider.ts";
import { joined, passedOver } from "../../shared/records/lifecycle/sending.ts";
import { claimCreated, claimFound, releaseClaim } from "../../shared/records/provider-claim.ts";
import { note } from "../../shared/telemetry.ts";
import type { SubmitDeps } from "./submit-deps.ts";

/** How long things take, in seconds. */
export interface AdoptTimes {
  /** Unix seconds. */
  now: number;
  /** Seconds within which the provider may not list a batch that it has made. */
  settleSeconds: number;
  /** Seconds until the first poll of the batch. */
  firstWait: number;
  /**
   * Set when no create is recorded, as a folder set back to a backup may have forgotten one: since when, in Unix
   * seconds. A failed batch costs nothing and is not taken: the round was perhaps rejected for capacity before.
   */
  forgotten?: number;
}

/** The times of a run at `now`, in Unix seconds. */
export function timesOf(state: BatchState, { settleSeconds }: SubmitDeps, now: number): AdoptTimes {
  return { now, settleSeconds, firstWait: state.min_poll_seconds };
}

/**
 * Searches the provider for the batch of a create whose answer was lost. Null: it is not there (yet). `undecided`: a batch
 * is there that may be ours or another's. That can happen when the provider keeps no mark of ours. A batch that was just
 * made may belong to a run that is about to claim it. One that another round has found may prove to be ours.
 */
export async function adopt(
  found: BatchRecord,
  provider: Provider,
  times: AdoptTimes,
): Promise<BatchRecord | "undecided" | null> {
  const candidates = await provider.findBatch({
    mark: found,
    request_count: found.request_count,
    created_after: times.forgotten ?? found.creating_at ?? found.intent_at,
    upload_id: found.upload_id,
  });
  let undecided = false;
  const foreign: string[] = [];
  for (const batch of candidates) {
    if (found.disowned?.includes(batch.id)) continue;
    if (times.forgotten !== undefined && batch.status === "failed") continue;
    if (!provider.findsByMark && times.now < batch.created_at + times.settleSeconds) {
      undecided = true;
      continue;
    }
    const claim = await claimFound(found.provider, batch.id, found, provider.findsByMark);
    if (claim === "taken") continue;
    if (claim === "unproved") {
      // Its holder may never prove it, as when its job has failed. The results of an ended batch decide.
      if (!hasEnded(batch.status)) {
        undecided = true;
        continue;
      }
      if (!(await bearsTag(batch, found.tag, provider))) {
        foreign.push(batch.id);
        continue;
      }
      await claimCreated(found.provider, batch.id, found);
    }
    const unproved = !provider.findsByMark && claim !== "unproved";
    const record = await join(found, batch, times, unproved);
    if (record) return record;
  }
  if (foreign.length > 0 && times.forgotten === undefined) await passedOver(found, foreign);
  return undecided ? "undecided" : null;
}

/** Whether an ended batch has a result of this round. */
async function bearsTag(batch: ProviderBatch, tag: string, provider: Provider): Promise<boolean> {
  for await (const outcomes of provider.getResults(batch))
    for (const { custom_id } of outcomes)
      if (custom_id !== null && lineOf(custom_id, tag) !== null) return true;
  return false;
}

/**
 * Records the provider's id of a batch that was just made. Null: the round was taken over meanwhile and has another
 * batch. Then this one is an orphan, and is cancelled.
 */
export async function recordCreated(
  mine: BatchRecord,
  batch: ProviderBatch,
  provider: Provider,
  times: AdoptTimes,
): Promise<BatchRecord | null> {
  await claimCreated(mine.provider, batch.id, mine);
  const record = await join(mine, batch, times, false);
  if (record) return record;
  const current = await readBatch(mine);
  if (current?.provider_batch_id === batch.id) {
    await proved(current);
    return current;
  }
  await releaseClaim(mine.provider, batch.id, mine);
  await provider.cancelBatch(batch.id);
  return null;
}

async function join(
  found: BatchRecord,
  batch: ProviderBatch,
  { now, firstWait }: AdoptTimes,
  unproved: boolean,
): Promise<BatchRecord | null> {
  const record = await joined(found, batch, { now, next_poll_at: now + firstWait, unproved });
  if (record) note({ queue_wait_seconds: secondsSince(found.created_at, now) });
  return record;
}
