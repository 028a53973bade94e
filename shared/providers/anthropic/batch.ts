import { ProviderUnavailableError } from "../../errors.ts";
import { countAt, isObject, type Json, objectAt, textAt } from "../../json/values.ts";
import type { BatchStatus, ItemCounts } from "../../models.ts";
import { NO_COUNTS } from "../../money/sums.ts";
import type { ProviderBatch } from "../provider.ts";
import { secondsAt } from "../wire/batch-words.ts";

/**
 * Anthropic's message batch as ours. It has no final status but `ended`: what that means is in the
 * counts, which stay in `processing` until then. A status that is not known counts as
 * `in_progress`: the batch is polled again rather than given up.
 * @throws ProviderUnavailableError when it is no batch at all.
 */
export function toProviderBatch(raw: unknown): ProviderBatch {
  const id = isObject(raw) ? textAt(raw, "id") : null;
  if (!isObject(raw) || id === null) throw new ProviderUnavailableError("Anthropic's answer is not a batch");
  const theirs = objectAt(raw, "request_counts");
  const counts: ItemCounts = {
    ...NO_COUNTS,
    succeeded: countAt(theirs, "succeeded") ?? 0,
    failed: countAt(theirs, "errored") ?? 0,
    expired: countAt(theirs, "expired") ?? 0,
    cancelled: countAt(theirs, "canceled") ?? 0,
  };
  const done = counts.succeeded + counts.failed + counts.expired + counts.cancelled;
  const status = statusOf(raw, counts);
  const created_at = secondsAt(raw, "created_at");
  const cancelling = secondsAt(raw, "cancel_initiated_at");
  const ended = secondsAt(raw, "ended_at");
  return {
    id,
    status,
    created_at: created_at ?? 0,
    request_count: done + (countAt(theirs, "processing") ?? 0),
    raw,
    counts,
    error: null,
    times: {
      ...(created_at === undefined ? {} : { in_progress: created_at }),
      ...(cancelling === undefined ? {} : { cancelling }),
      ...(ended === undefined ? {} : { [status]: ended }),
    },
  };
}

function statusOf(raw: Json, counts: ItemCounts): BatchStatus {
  if (raw.processing_status === "canceling") return "cancelling";
  if (raw.processing_status !== "ended") return "in_progress";
  if (counts.cancelled > 0) return "cancelled";
  return counts.expired > 0 ? "expired" : "completed";
}
