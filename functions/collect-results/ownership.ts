/** The proof that a batch which was found by time and count only is ours: our tag in its results. */
import { type BatchRecord, updateBatch } from "../../shared/records/batch-record.ts";
import { proveClaim, releaseClaim } from "../../shared/records/provider-claim.ts";

/** Notes that the batch is ours. */
export async function prove(record: BatchRecord): Promise<void> {
  if (record.provider_batch_id) await proveClaim(record.provider, record.provider_batch_id, record);
  await updateBatch(record, { unproved: undefined });
}

/**
 * Gives the batch back to whoever made it, and leaves the round where it was before the batch was
 * found: its own batch is looked for again, among the others.
 */
export async function disown(record: BatchRecord): Promise<void> {
  const id = record.provider_batch_id;
  if (!id) return;
  await updateBatch(
    record,
    {
      status: "pending",
      provider_batch_id: undefined,
      unproved: undefined,
      submitted_at: undefined,
      provider_ended_at: undefined,
      raw: null,
      counts: undefined,
      pauses: undefined,
      disowned: [...(record.disowned ?? []), id],
    },
    { provider_batch_id: id },
  );
  await releaseClaim(record.provider, id, record);
}
