/** Whether the job's `max_cost_usd` leaves room for a round. */
import type { BatchRecord } from "../../shared/records/batch-record.ts";
import { costBeside, costOf } from "../../shared/records/job-cost.ts";
import type { JobRecord } from "../../shared/records/job-record.ts";
import type { UnsentEnd } from "../../shared/records/lifecycle/sending.ts";

/**
 * The end of a round that could take the job over its cap; null when it may be sent. Collected rounds have cost what
 * they were billed. Every other round that has begun may still cost its quote. Each round writes its quote before it
 * reads the others'. So two concurrent rounds can both be refused, but never both be sent.
 */
export async function overCost(round: BatchRecord, job: JobRecord | null): Promise<UnsentEnd | null> {
  const cap = job?.max_cost_usd;
  if (cap === undefined) return null;
  const { others, excess } = await costBeside(round);
  const total = others + costOf(round, excess);
  if (total <= cap) return null;
  return {
    status: "failed",
    over_cost: true,
    error: `not sent: with what the job has spent and may still spend, this could exceed its max_cost_usd of ${cap}`,
  };
}
