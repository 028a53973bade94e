/** The proof that a batch which was found by time and count only is ours: our tag in its results. */
import type { BatchRecord } from "../../shared/records/batch-record.ts";
import { disowned, proved } from "../../shared/records/lifecycle/at-provider.ts";
import { proveClaim, releaseClaim } from "../../shared/records/provider-claim.ts";

/** Records that a batch is surely the round's own. */
export async function prove(record: BatchRecord): Promise<void> {
  if (record.provider_batch_id) await proveClaim(record.provider, record.provider_batch_id, record);
  await proved(record);
}

/**
 * Releases a batch that proved to be another's. The round's own batch is searched for again, among the others.
 * @param unknown its answers, when none came that says whose it is
 */
export async function disown(record: BatchRecord, unknown: number): Promise<void> {
  const id = record.provider_batch_id;
  if (!id) return;
  await disowned(record, unknown);
  await releaseClaim(record.provider, id, record);
}
