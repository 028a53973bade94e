/** Statuses and times as the APIs write them. */
import type { Json } from "../../json/values.ts";
import type { BatchStatus } from "../../models.ts";
import { NO_COUNTS } from "../../money/sums.ts";
import { byName } from "../../name-set.ts";
import type { ProviderBatch } from "../provider.ts";

/** Every word for a batch's status, in lower case: OpenAI's and those of the services and APIs that resemble it. */
const STATUS = byName<BatchStatus>({
  pending: "validating queued pending submitted scheduled",
  in_progress: "in_progress inprogress progress running processing",
  finalizing: "finalizing",
  completed: "completed complete succeeded success",
  failed: "failed error",
  // Bedrock's last word: not all records were answered in time.
  expired: "expired timeout_exceeded timeout partiallycompleted",
  cancelling: "cancelling canceling cancellation_requested stopping",
  cancelled: "cancelled canceled stopped",
});

/** A status that outside text names, in any case; null for a word that is not known. */
export function statusFrom(word: string | null): BatchStatus | null {
  const plain = (word ?? "").toLowerCase().replace(/[\s-]+/g, "_");
  return STATUS.get(plain.replace(/^(batch|job)_state_/, "")) ?? null;
}

/** Larger than any date in seconds: such a number counts milliseconds. */
const MILLISECONDS = 1e11;

/** Unix seconds under a key: a number or its digits, in seconds or milliseconds, or an ISO date; undefined for anything else. */
export function secondsAt(raw: Json, key: string): number | undefined {
  const value = raw[key];
  if (typeof value !== "number" && typeof value !== "string") return undefined;
  if (value === "" || value === 0) return undefined;
  const number = Number(value);
  if (Number.isFinite(number)) return number > MILLISECONDS ? number / 1000 : number;
  const time = Date.parse(String(value));
  return Number.isNaN(time) ? undefined : time / 1000;
}

/** The count under a key, also where it is written as digits (Gemini). */
export function wholeAt(raw: Json, key: string): number | undefined {
  const value = raw[key];
  const number = typeof value === "string" && /^\d{1,12}$/.test(value) ? Number(value) : value;
  return typeof number === "number" && number >= 0 && number <= 1e12 ? Math.floor(number) : undefined;
}

/**
 * Status and counts of a batch as ours. A status that is not known counts as `in_progress`. The batch is polled again rather
 * than given up, and `unknown_status` says so. Requests that did not run expired, or were cancelled, with their batch.
 * @param word the provider's own, for the status `known`
 */
export function standing(
  word: string | null,
  known: BatchStatus | null,
  [request_count, succeeded, failed]: readonly [total: number, succeeded: number, failed: number],
): Pick<ProviderBatch, "status" | "unknown_status" | "request_count" | "counts"> {
  const status = known ?? "in_progress";
  const rest = Math.max(0, request_count - succeeded - failed);
  const expired = status === "expired" ? rest : 0;
  const cancelled = status === "cancelled" ? rest : 0;
  const unknown = known === null && word !== null ? { unknown_status: word.slice(0, 64) } : {};
  return {
    status,
    ...unknown,
    request_count,
    counts: { ...NO_COUNTS, succeeded, failed, expired, cancelled },
  };
}

/** How far a provider's clock may be behind ours, in seconds. */
export const CLOCK_MARGIN = 300;

/** Whether a batch was created before a time (Unix seconds); one that does not say when is not. */
export function isBefore({ created_at }: Pick<ProviderBatch, "created_at">, time: number): boolean {
  return created_at > 0 && created_at < time;
}
