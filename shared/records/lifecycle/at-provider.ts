/** The transitions of a round whose batch is at the provider, up to its rows in S3. */
import { hasEnded } from "../../models.ts";
import type { ProviderBatch } from "../../providers/provider.ts";
import type { BatchRecord } from "../batch-record.ts";
import { CREATE, type Fields, move, refusedOnceMore, WAIT } from "./move.ts";

/** What ends with a provider batch that this round does not keep. */
const PROVIDER_BATCH = {
  status: "pending",
  provider_batch_id: undefined,
  unproved: undefined,
  submitted_at: undefined,
  provider_ended_at: undefined,
  raw: null,
  counts: undefined,
  usage: undefined,
  pauses: undefined,
  unsettled: undefined,
  stop_asked_at: undefined,
  error: undefined,
} satisfies Fields;

/**
 * What the provider said of the batch. `reached_at`: when its status was first seen; `next_poll_at`: undefined once it
 * has ended; `stop_asked_at` and `turning_at`: see `BatchRecord`. Times are in Unix seconds. `too_large`: it ended
 * because the token queue will never have room for it. `refused`: the provider rejected it whole. `lacks`: what it lacks
 * although its status is final; it counts as `finalizing`. `waits_less`: the wait for that ends early, at a moment of the
 * job, so it does not count.
 */
export function polled(
  found: BatchRecord,
  batch: ProviderBatch,
  at: {
    reached_at: number;
    next_poll_at: number | undefined;
    stop_asked_at?: number | undefined;
    turning_at?: number | undefined;
    too_large?: boolean;
    refused?: boolean;
    lacks?: string | null;
    waits_less?: boolean;
  },
): Promise<BatchRecord | null> {
  const { times, raw, counts, usage, error } = batch;
  const status = at.lacks ? "finalizing" : batch.status;
  return move("polled", found, {
    ...WAIT,
    next_poll_at: at.next_poll_at,
    waiting_for: at.lacks ?? undefined,
    unsettled: at.lacks && !at.waits_less ? (found.unsettled ?? 0) + 1 : found.unsettled,
    stop_asked_at: at.stop_asked_at,
    turning_at: at.turning_at,
    status,
    provider_ended_at: hasEnded(status) ? times[status] : undefined,
    raw,
    counts,
    usage,
    error: error ?? undefined,
    too_large: at.too_large || undefined,
    ...(at.refused && refusedOnceMore(found)),
    times: { ...found.times, [status]: at.reached_at },
  });
}

/** The provider's token queue had no room for the batch: it is sent again at `next_poll_at` (Unix seconds). */
export function rejectedForCapacity(found: BatchRecord, waiting_for: string, next_poll_at: number) {
  return move("rejectedForCapacity", found, {
    ...WAIT,
    ...CREATE,
    ...withoutBatch(found),
    waiting_for,
    next_poll_at,
  });
}

/** The provider failed the batch because of the account: it is sent again when a person has acted. */
export function rejectedForAccount(found: BatchRecord): Promise<BatchRecord | null> {
  return move("rejectedForAccount", found, { ...WAIT, ...CREATE, ...withoutBatch(found) });
}

/** The batch, found by time and count only, is surely ours. */
export function proved(found: BatchRecord): Promise<BatchRecord | null> {
  return move("proved", found, { unproved: undefined });
}

/**
 * The batch was another's. The round is where it was before the batch was joined, and its own is searched for again.
 * `unknown`: answers of it that may be ours, and billed.
 */
export function disowned(found: BatchRecord, unknown: number): Promise<BatchRecord | null> {
  const unknown_requests = (found.unknown_requests ?? 0) + unknown || undefined;
  return move("disowned", found, { ...withoutBatch(found), unknown_requests });
}

/** The results of an ended batch lack lines that its counts promise: it is polled again. */
export function reopened(found: BatchRecord, waiting_for: string): Promise<BatchRecord | null> {
  const unsettled = (found.unsettled ?? 0) + 1;
  return move("reopened", found, { status: "finalizing", unsettled, waiting_for });
}

/** A run of `collect-results` kept its answers for the next run, as number `pauses`. */
export function paused(found: BatchRecord, pauses: number): Promise<BatchRecord | null> {
  return move("paused", found, { pauses, trouble: undefined }, { pauses: found.pauses });
}

/** What a round came to: see the fields of `BatchRecord`. */
export type RoundEnd = Pick<
  BatchRecord,
  | "collected_at"
  | "error"
  | "counts"
  | "billed"
  | "unpriced"
  | "unknown_requests"
  | "usage"
  | "rows_bytes"
  | "unanswered_count"
  | "items_left"
  | "left_over"
  | "next_quote"
  | "deferred"
  | "tries"
>;

/** The round's rows are in S3. */
export function collected(found: BatchRecord, end: RoundEnd): Promise<BatchRecord | null> {
  return move("collected", found, { ...WAIT, ...end, collected: true });
}

/** The provider has none of the round's files any more. */
export function filesDeleted(found: BatchRecord): Promise<BatchRecord | null> {
  return move("filesDeleted", found, { files_deleted: true });
}

function withoutBatch({ disowned = [], provider_batch_id }: BatchRecord): Fields {
  return { ...PROVIDER_BATCH, disowned: provider_batch_id ? [...disowned, provider_batch_id] : disowned };
}
