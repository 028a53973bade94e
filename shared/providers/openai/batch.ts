import { ProviderUnavailableError } from "../../errors.ts";
import { countAt, isObject, type Json, objectAt, textAt } from "../../json/values.ts";
import { type BatchStatus, hasEnded } from "../../models.ts";
import type { ProviderBatch } from "../provider.ts";
import { secondsAt, standing, statusFrom } from "../wire/batch-words.ts";
import { errorText, problemsOf } from "./failure.ts";
import { openaiUsage } from "./usage.ts";

/** Where the moment of each status stands: OpenAI's names, then others'. */
const TIMES: ReadonlyArray<readonly [BatchStatus, ...string[]]> = [
  ["pending", "created_at"],
  ["in_progress", "in_progress_at", "started_at"],
  ["finalizing", "finalizing_at"],
  ["completed", "completed_at"],
  ["failed", "failed_at"],
  ["expired", "expired_at"],
  ["cancelling", "cancelling_at"],
  ["cancelled", "cancelled_at"],
];

/**
 * A batch object of OpenAI, of a service that resembles it, or of Mistral. Fields may be null or missing.
 * @throws ProviderUnavailableError when it is no batch at all
 */
export function toProviderBatch(answer: unknown, title = "OpenAI"): ProviderBatch {
  const raw = unwrapped(answer);
  const id = raw && textAt(raw, "id");
  if (!raw || !id) throw new ProviderUnavailableError(`${title}'s answer is not a batch`);
  const word = textAt(raw, "status");
  const now = standing(word, statusFrom(word), countsOf(raw));
  const times = TIMES.flatMap(([name, ...keys]) => {
    const time = keys.map((key) => secondsAt(raw, key)).find((seconds) => seconds !== undefined);
    return time === undefined ? [] : [[name, time] as const];
  });
  return {
    id,
    ...now,
    created_at: secondsAt(raw, "created_at") ?? 0,
    raw,
    ...(isObject(raw.usage) && hasEnded(now.status) ? { usage: openaiUsage(raw.usage) } : {}),
    error: errorText(problemsOf(raw)),
    times: Object.fromEntries(times),
  };
}

/** The ids of a batch's files, null where there is none (yet). */
export function filesOf(raw: unknown): { input: string | null; output: string | null; error: string | null } {
  const batch = isObject(raw) ? raw : {};
  const [first] = Array.isArray(batch.input_files) ? batch.input_files : [];
  return {
    input: textAt(batch, "input_file_id") ?? (typeof first === "string" ? first : null),
    output: textAt(batch, "output_file_id") ?? textAt(batch, "output_file"),
    error: textAt(batch, "error_file_id") ?? textAt(batch, "error_file"),
  };
}

/** Together's create wraps the batch in `job`. */
function unwrapped(answer: unknown): Json | null {
  if (!isObject(answer)) return null;
  return !textAt(answer, "id") && isObject(answer.job) ? answer.job : answer;
}

/** OpenAI counts in `request_counts`. Others count at the top, Mistral with `_requests` behind the names. */
function countsOf(raw: Json): [total: number, succeeded: number, failed: number] {
  const inner = objectAt(raw, "request_counts");
  const count = (...names: string[]) =>
    names.map((name) => countAt(inner, name) ?? countAt(raw, name)).find((n) => n !== undefined) ?? 0;
  return [
    count("total", "total_requests"),
    count("succeeded_requests", "completed", "completed_requests"),
    count("failed", "failed_requests"),
  ];
}
