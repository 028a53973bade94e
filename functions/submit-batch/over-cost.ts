/** Whether the job's `max_cost_usd` leaves room for a round. */

import { hasEnded } from "../../shared/models.ts";
import { totalOf } from "../../shared/money/sums.ts";
import type { UnsentEnd } from "../../shared/records/batch-lifecycle.ts";
import { type BatchRecord, batchRecords } from "../../shared/records/batch-record.ts";
import type { JobRecord } from "../../shared/records/job-record.ts";

/**
 * The end of a round that could take the job over its cap; null when it may be sent. Collected rounds have cost what
 * they were billed. Every other round that has begun may still cost its quote. Each round writes its quote before it
 * reads the others', so two concurrent rounds can both be refused but never both be sent.
 */
export async function overCost(round: BatchRecord, job: JobRecord | null): Promise<UnsentEnd | null> {
  const cap = job?.max_cost_usd;
  if (cap === undefined) return null;
  let total = round.quote?.cost_usd ?? Number.POSITIVE_INFINITY;
  for await (const other of batchRecords(round.job_id)) {
    if (other.batch !== round.batch || other.round !== round.round) total += costOf(other);
  }
  if (total <= cap) return null;
  return {
    status: "failed",
    over_cost: true,
    error: `not sent: with what the job has spent and may still spend, this could exceed its max_cost_usd of ${cap}`,
  };
}

/** US dollars that a round has cost, or may cost at most; infinite when that is not known. */
function costOf({ billed, quote, status, provider_batch_id }: BatchRecord): number {
  if (hasEnded(status) && !provider_batch_id) return 0;
  const charge = billed && totalOf(billed);
  return charge?.cost_usd ?? quote?.cost_usd ?? Number.POSITIVE_INFINITY;
}
