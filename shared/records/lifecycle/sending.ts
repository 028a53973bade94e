/** The transitions of a round that is not at the provider yet: planned, or being created. */
import { hasEnded } from "../../models.ts";
import type { ProviderBatch } from "../../providers/provider.ts";
import { type BatchRecord, batchKey } from "../batch-record.ts";
import { putNew } from "../table.ts";
import { CREATE, type Fields, move, refusedOnceMore, WAIT } from "./move.ts";
import type { Trouble } from "./trouble.ts";

/** What a round hands on to the next. All other fields end with the round. */
export function handedOn({ items_left, next_quote, tries, ...round }: BatchRecord): Fields {
  const { refused, refusals, refusals_ever, turning_at } = round;
  const late_round = round.overtaken_at === undefined ? round.late_round : round.round;
  const handed: Fields = { request_count: items_left, quote: next_quote, tries };
  if (turning_at !== undefined) Object.assign(handed, { turning_at, late_round, real_time: true });
  return refusals_ever ? { ...handed, refusals: refused ? refusals : 0, refusals_ever } : handed;
}

/** Writes the first record of a round; false when the round has begun already. */
export function begin(record: BatchRecord): Promise<boolean> {
  return putNew({ ...batchKey(record), ...record });
}

/** Raises the fence: from now on no earlier run can send this round. `now`: Unix seconds. */
export function takeOver(found: BatchRecord, now: number): Promise<BatchRecord | null> {
  return move("takeOver", found, { ...CREATE, intent_at: now, attempt: found.attempt + 1, error: undefined });
}

/** Says what the round waits for, and until when (Unix seconds). */
export function waiting(found: BatchRecord, waiting_for: string, next_poll_at: number) {
  return move("waiting", found, { waiting_for, next_poll_at, error: undefined });
}

/** Written right before the call that makes the batch: a batch may exist from then on. Times in Unix seconds. */
export function aboutToCreate(
  mine: BatchRecord,
  fields: { creating_at: number; undecided_until: number; upload_id: string | undefined },
): Promise<BatchRecord | null> {
  return move("aboutToCreate", mine, fields);
}

/** The provider refused the create, which costs nothing. `error`: why, for people. */
export function createRejected(mine: BatchRecord, error: string): Promise<BatchRecord | null> {
  return move("createRejected", mine, {
    ...WAIT,
    ...CREATE,
    ...refusedOnceMore(mine),
    status: "failed",
    error,
  });
}

/** The answer to the create was lost: nobody knows before `undecided_until` (Unix seconds) whether a batch exists. */
export function createLost(mine: BatchRecord, undecided_until: number, trouble: Trouble) {
  return move("createLost", mine, { undecided_until, trouble });
}

/** The provider could not answer, and surely made nothing. */
export function createAbandoned(mine: BatchRecord, trouble: Trouble): Promise<BatchRecord | null> {
  return move("createAbandoned", mine, { ...CREATE, trouble });
}

/** Batches at the provider that proved to be another's: they are not tried again. */
export function passedOver(found: BatchRecord, ids: readonly string[]): Promise<BatchRecord | null> {
  return move("passedOver", found, { disowned: [...(found.disowned ?? []), ...ids] });
}

/** The batch of this round is known. `unproved`: it was found by time and count only. Times in Unix seconds. */
export function joined(
  found: BatchRecord,
  batch: ProviderBatch,
  { now, next_poll_at, unproved }: { now: number; next_poll_at: number; unproved: boolean },
): Promise<BatchRecord | null> {
  // It may have ended when it is found: only `polled` ends a round, with all that goes with it.
  const status = hasEnded(batch.status) ? "in_progress" : batch.status;
  return move("joined", found, {
    ...WAIT,
    next_poll_at,
    provider_batch_id: batch.id,
    unproved: unproved || undefined,
    status,
    raw: batch.raw,
    submitted_at: now,
    times: { ...found.times, pending: found.intent_at, [status]: now },
  });
}

/** How a round ends that is not sent. */
export interface UnsentEnd {
  status: "cancelled" | "expired" | "failed";
  error: string;
  /** Set when it could exceed the job's `max_cost_usd`. */
  over_cost?: true;
  /** Set when the provider takes no batch of so few requests: they wait for the job's last round. */
  too_few?: true;
}

/** Ends a round that is not at the provider, and raises the fence: no earlier run can send it any more. */
export function endedUnsent(found: BatchRecord, end: UnsentEnd): Promise<BatchRecord | null> {
  return move("endedUnsent", found, { ...WAIT, ...end, attempt: found.attempt + 1 });
}
