import { ProviderUnavailableError } from "../../errors.ts";
import { type BatchStatus, hasEnded } from "../../models.ts";
import { NO_COUNTS } from "../../money/sums.ts";
import type { ProviderBatch } from "../provider.ts";
import { countAt, isObject, type Json, numberAt, objectAt, objectsAt, textAt } from "../wire/json.ts";
import { openaiUsage } from "./usage.ts";

const STATUS = new Map<string, BatchStatus>([
  ["validating", "pending"],
  ["in_progress", "in_progress"],
  ["finalizing", "finalizing"],
  ["completed", "completed"],
  ["failed", "failed"],
  ["expired", "expired"],
  ["cancelling", "cancelling"],
  ["cancelled", "cancelled"],
]);

const TIMES: ReadonlyArray<readonly [BatchStatus, string]> = [
  ["pending", "created_at"],
  ["in_progress", "in_progress_at"],
  ["finalizing", "finalizing_at"],
  ["completed", "completed_at"],
  ["failed", "failed_at"],
  ["expired", "expired_at"],
  ["cancelling", "cancelling_at"],
  ["cancelled", "cancelled_at"],
];

/**
 * OpenAI's batch object as ours. Fields may be null or missing. A status that is not known counts
 * as `in_progress`: the batch is polled again rather than given up.
 * @throws ProviderUnavailableError when it is no batch at all.
 */
export function toProviderBatch(raw: unknown): ProviderBatch {
  const id = isObject(raw) ? textAt(raw, "id") : null;
  if (!isObject(raw) || id === null) throw new ProviderUnavailableError("OpenAI's answer is not a batch");
  const status = STATUS.get(textAt(raw, "status") ?? "") ?? "in_progress";
  const counts = objectAt(raw, "request_counts");
  const total = countAt(counts, "total") ?? 0;
  const succeeded = countAt(counts, "completed") ?? 0;
  const failed = countAt(counts, "failed") ?? 0;
  const rest = Math.max(0, total - succeeded - failed);
  const times = TIMES.flatMap(([name, key]) => {
    const time = numberAt(raw, key);
    return time === undefined ? [] : [[name, time] as const];
  });
  return {
    id,
    status,
    created_at: numberAt(raw, "created_at") ?? 0,
    request_count: total,
    raw,
    counts: {
      ...NO_COUNTS,
      succeeded,
      failed,
      expired: status === "expired" ? rest : 0,
      cancelled: status === "cancelled" ? rest : 0,
    },
    ...(isObject(raw.usage) && hasEnded(status) ? { usage: openaiUsage(raw.usage) } : {}),
    error: errorText(raw),
    times: Object.fromEntries(times),
  };
}

/** Validation errors: `errors: {data: [{code, line, message}]}`; the first ten, for a person. */
function errorText(raw: Json): string | null {
  const problems = objectsAt(objectAt(raw, "errors"), "data").slice(0, 10);
  if (problems.length === 0) return null;
  const texts = problems.map((problem) => {
    const line = countAt(problem, "line");
    const code = [textAt(problem, "code"), line === undefined ? null : `line ${line}`]
      .filter(Boolean)
      .join(", ");
    return [code, textAt(problem, "message")?.slice(0, 500)].filter(Boolean).join(": ");
  });
  return texts.join("; ");
}

/**
 * Too many enqueued tokens show only after the create: the batch fails with this code, and the
 * message names the limit ("… Limit: 90,000 enqueued tokens. …").
 */
export function tokenRefusal({ status, raw }: ProviderBatch): { limit: number | null } | null {
  if (status !== "failed" || !isObject(raw)) return null;
  const problem = objectsAt(objectAt(raw, "errors"), "data").find(
    ({ code }) => code === "token_limit_exceeded",
  );
  if (!problem) return null;
  const digits = /limit:?\s*([\d][\d,._]*)/i.exec(textAt(problem, "message") ?? "")?.[1]?.replace(/\D/g, "");
  return { limit: digits ? Number(digits) : null };
}
