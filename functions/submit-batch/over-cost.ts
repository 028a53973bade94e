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
  const rounds = [round];
  for await (const other of batchRecords(round.job_id)) {
    if (other.batch !== round.batch || other.round !== round.round) rounds.push(other);
  }
  const excess = excessOf(rounds);
  const total = rounds.reduce((sum, other) => sum + costOf(other, excess), 0);
  if (total <= cap) return null;
  return {
    status: "failed",
    over_cost: true,
    error: `not sent: with what the job has spent and may still spend, this could exceed its max_cost_usd of ${cap}`,
  };
}

/**
 * By how much the input of collected rounds was more than its estimate: 0.4 for 140 of 100 tokens. It is never less than
 * nothing: where items failed, the provider counted fewer.
 */
function excessOf(rounds: readonly BatchRecord[]): number {
  let billed = 0;
  let estimated = 0;
  for (const { billed: bill, quote } of rounds) {
    if (!bill || !quote) continue;
    billed += totalOf(bill).prompt_tokens;
    estimated += quote.prompt_tokens;
  }
  return estimated > 0 ? Math.max(0, billed / estimated - 1) : 0;
}

/** US dollars that a round has cost, or may cost at most; infinite when that is not known. */
function costOf({ billed, quote, status, provider_batch_id }: BatchRecord, excess: number): number {
  if (hasEnded(status) && !provider_batch_id) return 0;
  const cost_usd = billed && totalOf(billed).cost_usd;
  if (typeof cost_usd === "number") return cost_usd;
  return (quote?.cost_usd ?? Number.POSITIVE_INFINITY) + excess * (quote?.input_usd ?? 0);
}
