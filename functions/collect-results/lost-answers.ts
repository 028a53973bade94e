/** Answers that a provider counts, and of which no line came. */
import type { BatchStatus, ItemStatus } from "../../shared/models.ts";
import type { BatchRecord } from "../../shared/records/batch-record.ts";
import type { Answers } from "../../shared/round/answers.ts";

/** What the provider says of a batch that has ended. */
type Ended = Pick<BatchRecord, "counts" | "status" | "request_count">;

/**
 * Whether a result line is that of a request that ran. In a batch that was cancelled or expired, one that says the same did
 * not. In a completed one the provider counts it among its failures.
 */
export function hasRun(batch: BatchStatus, line: ItemStatus): boolean {
  return batch === "completed" || line === "succeeded" || line === "failed";
}

/** Result lines that a batch should have. A server that counts nothing leaves only what was sent. */
export function linesExpected({ counts, status, request_count }: Ended): number {
  const counted = (counts?.succeeded ?? 0) + (counts?.failed ?? 0);
  return counted === 0 && status === "completed" ? request_count : counted;
}

/**
 * Answers that the provider counts as given, and of which no line came for good: they may be billed. Where it reports the
 * batch's tokens, these are in the bill. `ran`: lines that came of requests that ran. Where there are some, and the server counts
 * none, it counts nothing. Then each line that did not come may be one.
 */
export function lostAnswers(
  { roundBill, spool }: Pick<Answers, "roundBill" | "spool">,
  record: Ended & Pick<BatchRecord, "usage" | "real_time">,
  ran: number,
): number {
  const { counts, usage, request_count, real_time } = record;
  // In real time the journal knows.
  if (usage || real_time) return 0;
  const counted = linesExpected(record);
  const expected = counted === 0 && ran > 0 ? request_count - (spool.size - ran) : counted;
  const missing = Math.min(expected, request_count) - ran;
  const succeeded = expected - (counts?.failed ?? 0);
  return Math.max(0, Math.min(missing, succeeded - roundBill.billed.length - roundBill.unpriced.length));
}
