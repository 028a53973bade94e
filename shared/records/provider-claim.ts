/**
 * Whose a provider batch is: `provider#<name>#<id>` / `claim`. A claim is proved when its owner had
 * the id from the provider's own answer or mark, or has read results with its tag in them; a claim
 * on a batch that was found by time and count only is not, until then.
 */
import type { BatchId } from "./batch-record.ts";
import { getRecord, putNew, putRecord, removeRecord, update } from "./table.ts";

/** What came of asking for a batch: it is ours; surely another's; or another's, who may yet give it back. */
export type Claim = "ours" | "taken" | "unproved";

function key(provider: string, provider_batch_id: string) {
  return { pk: `provider#${provider}#${provider_batch_id}`, sk: "claim" };
}

function ownerOf({ job_id, batch, round }: BatchId): string {
  return `${job_id}/${batch}/${round}`;
}

/** Claims a batch that was found at the provider, if nobody has it. `proved`: found by our own mark. */
export async function claimFound(provider: string, id: string, by: BatchId, proved: boolean): Promise<Claim> {
  const owner = ownerOf(by);
  if (await putNew({ ...key(provider, id), owner, proved })) return "ours";
  const held = await getRecord(key(provider, id));
  if (held?.owner === owner) return "ours";
  return held?.proved ? "taken" : "unproved";
}

/** Claims a batch whose id came as the answer to our own create: whoever else has it was mistaken. */
export async function claimCreated(provider: string, id: string, by: BatchId): Promise<void> {
  await putRecord({ ...key(provider, id), owner: ownerOf(by), proved: true });
}

/** Marks a claim as proved, if it is still ours. */
export async function proveClaim(provider: string, id: string, by: BatchId): Promise<void> {
  await update(key(provider, id), { proved: true }, { owner: ownerOf(by) });
}

/** Gives a claim back, if it is still ours. */
export async function releaseClaim(provider: string, id: string, by: BatchId): Promise<void> {
  await removeRecord(key(provider, id), { owner: ownerOf(by) });
}
