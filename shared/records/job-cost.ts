/** What a job's rounds have cost, and may still cost. */
import { hasEnded } from "../models.ts";
import { totalOf } from "../money/sums.ts";
import { type BatchRecord, batchRecords } from "./batch-record.ts";

/** What stands beside one round. US dollars; infinite when they are not known. */
export interface JobCost {
  /** What the job's other rounds have cost, or may still cost at most. */
  others: number;
  /** By how much the input of collected rounds was more than its estimate: 0.4 for 140 of 100 tokens. */
  excess: number;
}

/** Reads what stands beside a round. */
export async function costBeside(round: BatchRecord): Promise<JobCost> {
  const rounds: BatchRecord[] = [];
  for await (const other of batchRecords(round.job_id)) {
    if (other.batch !== round.batch || other.round !== round.round) rounds.push(other);
  }
  const excess = excessOf([round, ...rounds]);
  return { others: rounds.reduce((sum, other) => sum + costOf(other, excess), 0), excess };
}

/** The excess is never less than nothing: where items failed, the provider counted fewer. */
function excessOf(rounds: readonly BatchRecord[]): number {
  let billed = 0;
  let estimated = 0;
  for (const record of rounds) {
    const { billed: bill, quote, collected } = record;
    if (!bill || !quote || !collected || isLeft(record)) continue;
    billed += totalOf(bill).prompt_tokens;
    estimated += quote.prompt_tokens;
  }
  return estimated > 0 ? Math.max(0, billed / estimated - 1) : 0;
}

/** Whether a batch was left to itself, and may still cost all of its quote. */
function isLeft({ overtaken_at, late }: BatchRecord): boolean {
  return overtaken_at !== undefined && late !== "billed";
}

/**
 * US dollars that a round has cost, or may cost at most. What cannot be seen counts as all that it could be. That is
 * answers without their tokens, real-time requests that broke off, and lost answers.
 */
export function costOf(record: BatchRecord, excess: number): number {
  const { billed, status, provider_batch_id, real_time } = record;
  const { unpriced = 0, unknown_requests = 0 } = record;
  const most = roundMost(record, excess);
  const unseen = unpriced + unknown_requests;
  const beside = unseen > 0 ? (unseen / record.request_count) * most : 0;
  if (!isLeft(record)) {
    if (hasEnded(status) && !provider_batch_id && !real_time) return 0;
    // Of a round that is still asked in real time, only a part is billed.
    const cost_usd = billed && record.collected && totalOf(billed).cost_usd;
    if (typeof cost_usd === "number") return cost_usd + beside;
  }
  return most + beside;
}

/** US dollars that a round's requests may cost at most when each is asked once; infinite without a quote. */
export function roundMost({ quote }: BatchRecord, excess: number): number {
  return (quote?.cost_usd ?? Number.POSITIVE_INFINITY) + excess * (quote?.input_usd ?? 0);
}
