/**
 * The owner of a provider batch: `provider#<name>#<id>` / `claim`. Three things prove a claim: the provider's answer to
 * the create, our mark on the batch, or results with our tag. Time and count alone prove nothing.
 */
import { type BatchId, ownerOf } from "./batch-record.ts";
import { getRecord, putNew, putRecord, removeRecord, update } from "./table.ts";

/** The result of a claim: ours; surely another's; or held by another round without proof, which may release it. */
export type Claim = "ours" | "taken" | "unproved";

function key(provider: string, provider_batch_id: string) {
  return { pk: `provider#${provider}#${provider_batch_id}`, sk: "claim" };
}

/** Claims a batch that was found at the provider, if no round has it. `proved`: found by our own mark. */
export async function claimFound(provider: string, id: string, by: BatchId, proved: boolean): Promise<Claim> {
  const owner = ownerOf(by);
  if (await putNew({ ...key(provider, id), owner, proved })) return "ours";
  const held = await getRecord(key(provider, id));
  if (held?.owner === owner) return "ours";
  return held?.proved ? "taken" : "unproved";
}

/** Claims a batch whose id came as the answer to our own create. Another round that has it was mistaken. */
export async function claimCreated(provider: string, id: string, by: BatchId): Promise<void> {
  await putRecord({ ...key(provider, id), owner: ownerOf(by), proved: true });
}

/** Marks a claim as proved, if it is still ours. */
export async function proveClaim(provider: string, id: string, by: BatchId): Promise<void> {
  await update(key(provider, id), { proved: true }, { owner: ownerOf(by) });
}

/** Releases a claim, if it is still ours. */
export async function releaseClaim(provider: string, id: string, by: BatchId): Promise<void> {
  await removeRecord(key(provider, id), { owner: ownerOf(by) });
}
