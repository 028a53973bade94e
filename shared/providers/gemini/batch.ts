import { ProviderUnavailableError } from "../../errors.ts";
import { isObject, objectAt, textAt } from "../../json/values.ts";
import type { ProviderBatch } from "../provider.ts";
import { secondsAt, standing, statusFrom, wholeAt } from "../wire/batch-words.ts";

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
  const stats = objectAt(metadata, "batchStats");
  const count = (name: string) => wholeAt(stats, name) ?? 0;
  const now = standing(word, known, [
    count("requestCount"),
    count("successfulRequestCount"),
    count("failedRequestCount"),
  ]);
  const created_at = secondsAt(metadata, "createTime") ?? 0;
  const ended_at = secondsAt(metadata, "endTime");
  return {
    id,
    ...now,
    created_at,
    error: textAt(objectAt(raw, "error"), "message")?.slice(0, 500) ?? null,
    times: {
      ...(created_at > 0 ? { pending: created_at } : {}),
      ...(ended_at === undefined ? {} : { [now.status]: ended_at }),
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
