/** Why an item of an ended batch has no result, and whether it may have one next time. */
import type { ItemStatus } from "../../shared/models.ts";
import { formatOf } from "../../shared/providers/formats.ts";
import type { BatchRecord } from "../../shared/records/batch-record.ts";
import { leastRequests } from "../../shared/workflow/small-rounds.ts";
import { namedRequests, refusedTooOften } from "./refusal.ts";

/** What becomes of an item without a result. `retryable`: the next round may send it. */
export interface NoAnswer {
  status: Exclude<ItemStatus, "succeeded" | "invalid">;
  error: string;
  retryable: boolean;
}

/** Returns the outcome of an item without an answer, by its position in the request file (from 1). */
export function batchErrors(record: BatchRecord): (position: number) => NoAnswer {
  if (record.too_large) {
    const alone = record.request_count === 1;
    const error = alone
      ? `this item alone is more than the provider lets wait in its queue: ${record.error}`
      : "not sent: the provider's queue had no room for a batch of this size";
    return () => ({ status: "failed", error, retryable: !alone });
  }
  if (madeWay(record)) {
    const error = "the batch made way for real time before this item was answered";
    return () => ({ status: "expired", error, retryable: true });
  }
  if (record.too_few) return () => ({ status: "failed", error: record.error ?? "not sent", retryable: true });
  if (record.refused) return refusedRound(record);
  if (record.status === "failed") return failedBatch(record);
  if (!record.provider_batch_id) {
    const never = neverSent(record);
    if (never) return () => never;
  }
  if (record.status === "expired") {
    const error = "the provider did not get to this item in time";
    return () => ({ status: "expired", error, retryable: true });
  }
  if (record.status === "cancelled") {
    const error = "the batch was cancelled before this item was answered";
    return () => ({ status: "cancelled", error, retryable: false });
  }
  return () => ({
    status: "failed",
    error: "the provider returned no result for this item",
    retryable: true,
  });
}

/** Whether a batch was ended, or left, so that its items are asked in real time. */
function madeWay({ turning_at, real_time, status, overtaken_at }: BatchRecord): boolean {
  if (turning_at === undefined || real_time) return false;
  return overtaken_at !== undefined || status === "cancelled" || status === "expired";
}

/**
 * The fate of items that were not sent, as a cancel, the deadline or the job's cost stopped the batch.
 * Null when it was not: then a further round may come.
 */
export function neverSent(record: BatchRecord): NoAnswer | null {
  const { status, error, over_cost, provider_batch_id: sent } = record;
  if (madeWay(record)) return null;
  const refusal = refusedTooOften(record);
  if (refusal !== null) return { status: "failed", error: refusal, retryable: false };
  if (over_cost) return { status: "failed", error: error ?? "not sent", retryable: false };
  if (status !== "cancelled" && (status !== "expired" || sent)) return null;
  const unsent = `${status} before it was sent`;
  return { status, error: sent ? unsent : (error ?? unsent), retryable: false };
}

/** A round that the provider refused as a whole: see `refusal.ts`. */
function refusedRound(record: BatchRecord): (position: number) => NoAnswer {
  const named = namedRequests(record);
  const never = neverSent(record);
  // Smaller parts would be refused as too small.
  const least = leastRequests(record);
  const alone = record.request_count < 2 * least;
  const others = "not sent: the provider refused the batch because of other requests in it";
  return (place) => {
    const own = named.get(place) ?? (alone ? (record.error ?? "the provider refused it") : undefined);
    if (own !== undefined) return { status: "failed", error: own, retryable: false };
    return never ?? { status: "failed", error: others, retryable: true };
  };
}

/** A batch that failed: the lines that the provider names are wrong. The rest can be sent without them. */
function failedBatch(record: BatchRecord): (position: number) => NoAnswer {
  const { kind, lines, message } = formatOf(record.provider).failureOf(record.raw);
  const overall = record.error ?? message;
  return (place) => {
    const own = lines.get(place);
    if (own) return { status: "failed", error: own, retryable: false };
    if (kind === "lines") {
      return { status: "failed", error: "the batch failed because of other lines", retryable: true };
    }
    return { status: "failed", error: overall, retryable: kind !== "requests" };
  };
}
