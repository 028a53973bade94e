import { ProviderUnavailableError } from "../../errors.ts";
import { NO_COUNTS } from "../../money/sums.ts";
import type { ProviderBatch } from "../provider.ts";
import { secondsAt, statusFrom, wholeAt } from "../wire/batch-words.ts";
import { isObject, objectAt, textAt } from "../wire/json.ts";

/**
 * An operation of Gemini's as ours: `{name, metadata: {state, batchStats}, done, response | error}`.
 * @throws ProviderUnavailableError when it is no operation at all
 */
export function toProviderBatch(raw: unknown): ProviderBatch {
  const id = isObject(raw) ? textAt(raw, "name") : null;
  if (!isObject(raw) || id === null) throw new ProviderUnavailableError("Gemini's answer is not a batch");
  const metadata = objectAt(raw, "metadata");
  const word = textAt(metadata, "state");
  const known = statusFrom(word) ?? (raw.done !== true ? null : isObject(raw.error) ? "failed" : "completed");
  const status = known ?? "in_progress";
  const stats = objectAt(metadata, "batchStats");
  const request_count = wholeAt(stats, "requestCount") ?? 0;
  const succeeded = wholeAt(stats, "successfulRequestCount") ?? 0;
  const failed = wholeAt(stats, "failedRequestCount") ?? 0;
  const rest = Math.max(0, request_count - succeeded - failed);
  const created_at = secondsAt(metadata, "createTime") ?? 0;
  const ended_at = secondsAt(metadata, "endTime");
  return {
    id,
    status,
    ...(known === null && word !== null ? { unknown_status: word.slice(0, 64) } : {}),
    created_at,
    request_count,
    counts: {
      ...NO_COUNTS,
      succeeded,
      failed,
      expired: status === "expired" ? rest : 0,
      cancelled: status === "cancelled" ? rest : 0,
    },
    error: textAt(objectAt(raw, "error"), "message")?.slice(0, 500) ?? null,
    times: {
      ...(created_at > 0 ? { pending: created_at } : {}),
      ...(ended_at === undefined ? {} : { [status]: ended_at }),
    },
    raw,
  };
}

/** Names of a batch's files, null where there is none (yet). */
export function filesOf(raw: unknown): { input: string | null; output: string | null } {
  const operation = isObject(raw) ? raw : {};
  const metadata = objectAt(operation, "metadata");
  return {
    input: textAt(objectAt(metadata, "inputConfig"), "fileName"),
    output:
      textAt(objectAt(operation, "response"), "responsesFile") ??
      textAt(objectAt(metadata, "output"), "responsesFile"),
  };
}
