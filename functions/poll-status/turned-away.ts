/** A batch that the provider turned away because too many tokens are waiting: no failure of its items. */

import type { Provider, ProviderBatch } from "../../shared/providers/provider.ts";
import { type BatchRecord, NO_WAIT, updateBatch } from "../../shared/records/batch-record.ts";
import {
  type Admission,
  admit,
  learnLimit,
  queueOf,
  release,
  TOKEN_QUEUE,
} from "../../shared/records/token-ledger.ts";

/** Refusals of a batch that is alone in our queue until it is taken for too large, whatever its estimate. */
const PATIENCE = 3;

/**
 * Notes the limit and makes the round ready to be sent again in `wait` seconds. Nothing was billed.
 * @returns true when waiting is of no use, as the batch alone is over the limit: it is left as it
 * ended, marked so that its items go on in smaller parts
 */
export async function turnedAway(
  record: BatchRecord,
  info: ProviderBatch,
  limit: number | null,
  provider: Provider,
  now: number,
  wait: number,
): Promise<boolean> {
  const queue = queueOf(record);
  if (limit !== null) await learnLimit(queue, limit, now);
  if (isTooLarge(record, await admit(queue, record, 0, now))) {
    await updateBatch(record, { too_large: true }, { provider_batch_id: info.id });
    return true;
  }
  await release(queue, record, now);
  await provider.deleteFiles(info);
  await updateBatch(
    record,
    {
      ...NO_WAIT,
      status: "pending",
      waiting_for: TOKEN_QUEUE,
      next_look_at: now + wait,
      provider_batch_id: undefined,
      creating_at: undefined,
      undecided_until: undefined,
      upload_id: undefined,
      submitted_at: undefined,
      disowned: [...(record.disowned ?? []), info.id],
    },
    { provider_batch_id: info.id },
  );
  return false;
}

/**
 * Whether a refused batch can only go in smaller parts. The estimate may be off in both directions,
 * and others than us may use the queue: a single item is given up only when both speak against it.
 */
function isTooLarge(record: BatchRecord, place: Admission): boolean {
  if (!place.alone) return false;
  const over = place.limit !== undefined && place.tokens > place.limit;
  const refusals = (record.disowned?.length ?? 0) + 1;
  return record.request_count > 1 ? over || refusals >= PATIENCE : over && refusals >= PATIENCE;
}
