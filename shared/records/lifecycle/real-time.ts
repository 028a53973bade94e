/** The transitions of a round that is asked in real time, and of the batch that made way for it. */
import { roundInRealTime } from "../../money/quote.ts";
import type { BatchRecord } from "../batch-record.ts";
import { CREATE, type Fields, move, WAIT } from "./move.ts";

/** A round of which surely no batch exists goes over to real time, and raises the fence. `now`: Unix seconds. */
export function turned(found: BatchRecord, now: number): Promise<BatchRecord | null> {
  const { quote } = found;
  return move("turned", found, {
    ...WAIT,
    ...CREATE,
    real_time: true,
    turning_at: now,
    attempt: found.attempt + 1,
    quote: quote && roundInRealTime(quote),
  });
}

/** Leaves the round's batch to itself: its items are asked in real time, by the next round. `now`: Unix seconds. */
export function overtaken(found: BatchRecord, now: number): Promise<BatchRecord | null> {
  return move("overtaken", found, {
    ...WAIT,
    status: "expired",
    attempt: found.attempt + 1,
    turning_at: found.turning_at ?? now,
    overtaken_at: now,
    counts: undefined,
    usage: undefined,
  });
}

/**
 * Takes over the asking of a real-time round: no earlier run may ask from now on. Null also when one has kept more since
 * `found` was read: the next journal would lack it. `now`: Unix seconds.
 */
export function asking(found: BatchRecord, now: number): Promise<BatchRecord | null> {
  const { attempt, asking_at = now, kept_by, kept_parts, pauses } = found;
  const set: Fields = { ...WAIT, status: "in_progress", asking_at, attempt: attempt + 1 };
  return move("asking", found, set, { kept_by, kept_parts, pauses });
}

/** What of a real-time round is safe. */
export type Kept = Pick<BatchRecord, "kept_by" | "kept_parts" | "pauses" | "unknown_requests" | "billed">;

/** More of a real-time round's answers are safe. Null also when this very write was made before. */
export function kept(found: BatchRecord, fields: Kept): Promise<BatchRecord | null> {
  const { kept_by, kept_parts, pauses } = found;
  return move("kept", found, fields, { kept_by, kept_parts, pauses });
}

/** How the asking of a real-time round ended; what has no answer then ends with `error`. */
export type AskingEnd = Kept & { status: "completed" | "cancelled" | "expired"; error: string | undefined };

/** Nothing of the round is asked any more. */
export function answered(found: BatchRecord, end: AskingEnd): Promise<BatchRecord | null> {
  return move("answered", found, { ...WAIT, ...end });
}

/** The batch of an overtaken round whose create was answered to nobody. */
export function lateFound(found: BatchRecord, provider_batch_id: string): Promise<BatchRecord | null> {
  return move("lateFound", found, { provider_batch_id }, { late: undefined });
}

/** The provider says that a batch which was overtaken has ended. */
export function lateSeen(found: BatchRecord): Promise<BatchRecord | null> {
  return move("lateSeen", found, { late_seen: true }, { late: undefined });
}

/** What an overtaken batch came to, in money. */
export type LateEnd = Partial<Pick<BatchRecord, "billed" | "usage" | "unpriced" | "unknown_requests">> & {
  late: "billed" | "left";
};

/** The last word on a batch that was overtaken. */
export function lateSettled(found: BatchRecord, end: LateEnd): Promise<BatchRecord | null> {
  return move("lateSettled", found, end, { late: undefined });
}
