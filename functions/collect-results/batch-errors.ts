/** Why an item of an ended batch has no result, and whether it may have one next time. */
import { z } from "zod";
import type { ItemStatus } from "../../shared/models.ts";
import type { BatchRecord } from "../../shared/records/batch-record.ts";

/** The fate of an item without a result line. */
export interface NoAnswer {
  status: Exclude<ItemStatus, "succeeded" | "invalid">;
  error: string;
  retryable: boolean;
}

/** OpenAI's validation errors of a failed batch; `line` counts the lines of the request file from 1. */
const ValidationErrors = z.object({
  errors: z.object({
    data: z.array(
      z.object({ line: z.int().nullish(), code: z.string().nullish(), message: z.string().nullish() }),
    ),
  }),
});
const MAX_MESSAGE = 500;

/** Tells the fate of the item at a place (from 1) of the request file. */
export function batchErrors(record: BatchRecord): (place: number) => NoAnswer {
  if (record.too_large) {
    const alone = record.request_count === 1;
    const error = alone
      ? `this item alone is more than the provider lets wait in its queue: ${record.error}`
      : "not sent: the provider's queue had no room for a batch of this size";
    return () => ({ status: "failed", error, retryable: !alone });
  }
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

/**
 * The fate of items that were not sent, when the batch was stopped: cancelled, or not sent because of
 * the deadline or of the job's cost. Null when it was not: then a further round may come.
 */
export function neverSent(record: BatchRecord): NoAnswer | null {
  const { status, error, over_cost, provider_batch_id: sent } = record;
  if (over_cost) return { status: "failed", error: error ?? "not sent", retryable: false };
  if (status !== "cancelled" && (status !== "expired" || sent)) return null;
  const unsent = `${status} before it was sent`;
  return { status, error: sent ? unsent : (error ?? unsent), retryable: false };
}

/** A batch that failed validation: the lines it names are wrong; the rest can be sent without them. */
function failedBatch(record: BatchRecord): (place: number) => NoAnswer {
  const parsed = ValidationErrors.safeParse(record.raw);
  const problems = parsed.success ? parsed.data.errors.data : [];
  const named = new Map<number, string>();
  for (const problem of problems) if (problem.line) named.set(problem.line, text(problem));
  const whole = problems.find((problem) => !problem.line);
  const overall = record.error ?? (whole ? text(whole) : "the provider failed the batch without a reason");
  return (place) => {
    const own = named.get(place);
    if (own) return { status: "failed", error: own, retryable: false };
    if (named.size > 0 && !whole) {
      return { status: "failed", error: "the batch failed because of other lines", retryable: true };
    }
    return { status: "failed", error: overall, retryable: false };
  };
}

function text(problem: { code?: string | null | undefined; message?: string | null | undefined }): string {
  return [problem.code, problem.message].filter(Boolean).join(": ").slice(0, MAX_MESSAGE);
}
