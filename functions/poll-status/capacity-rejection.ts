/** A batch that failed because too many tokens are waiting at the provider: its items are not at fault. */
import type { Provider, ProviderBatch } from "../../shared/providers/provider.ts";
import type { BatchRecord } from "../../shared/records/batch-record.ts";
import { rejectedForCapacity } from "../../shared/records/lifecycle/at-provider.ts";
import {
  type Admission,
  admit,
  learnLimit,
  queueOf,
  release,
  TOKEN_QUEUE,
} from "../../shared/records/token-ledger.ts";

/** Rejections of a batch that is alone in our queue until it counts as too large, whatever its estimate. */
const PATIENCE = 3;
/**
 * The same beside others. Two batches whose estimates are too low fit together by these. They would be rejected
 * together for ever (seed 1165 of the simulation): neither is ever alone.
 */
const PATIENCE_WITH_OTHERS = 12;

/**
 * Learns the limit, in tokens, that the provider named. It makes the round ready to be sent again at `next_poll_at`
 * (Unix seconds). Nothing was billed.
 * @returns true when waiting does not help, because the batch alone exceeds the limit. Its items must then be sent in
 * smaller parts, and the record is not changed
 */
export async function isTooLargeForQueue(
  record: BatchRecord,
  batch: ProviderBatch,
  limit: number | null,
  provider: Provider,
  now: number,
  next_poll_at: number,
): Promise<boolean> {
  const queue = queueOf(record);
  if (limit !== null) await learnLimit(queue, limit, now);
  if (isTooLarge(record, await admit(queue, record, 0, now))) return true;
  await release(queue, record, now);
  await provider.deleteFiles(batch);
  await rejectedForCapacity(record, TOKEN_QUEUE, next_poll_at);
  return false;
}

/**
 * Whether a rejected batch can only be sent in smaller parts. The estimate may be off in both directions, and
 * programs other than ours may use the queue. A single item is given up only when both speak against it.
 */
function isTooLarge(record: BatchRecord, admission: Admission): boolean {
  const rejections = (record.disowned?.length ?? 0) + 1;
  if (!admission.alone) return record.request_count > 1 && rejections >= PATIENCE_WITH_OTHERS;
  const over = admission.limit !== undefined && admission.tokens > admission.limit;
  return record.request_count > 1 ? over || rejections >= PATIENCE : over && rejections >= PATIENCE;
}
