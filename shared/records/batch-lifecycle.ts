/**
 * The life of one round of a batch, and every write of its record.
 *
 *                  begin
 *                    ▼
 *   ┌────────────► planned ─────── createRejected, endedUnsent ────┐
 *   │                │  ▲                                          │
 *   │ takeOver       │  └─ takeOver, rejectedForCapacity           │
 *   │ createAbandoned│ aboutToCreate                               │
 *   │                ▼                                             │
 *   ├──────────── creating ─────── createRejected, endedUnsent ────┤
 *   │                │  ▲                                          │
 *   │         joined │  └─ createLost, passedOver; disowned ◄──────┤
 *   │ rejectedFor…   ▼                                             ▼
 *   └─────────── at_provider ─────── polled ► ◄ reopened ───────► ended ── collected ──► collected
 *                    └─────────────── overtaken (also from creating) ─┘▲
 *   planned ── asking ──► asking ── answered ──────────────────────────┘
 *
 * A round is asked in real time instead of being sent as a batch when it began so, or after `turned`. `overtaken` leaves
 * a batch unended: from then on its answers are no rows, only money (`lateFound`, `lateSeen`, `lateSettled`).
 *
 * `joined` also leads from planned, when a folder was set back to a time before its create. `TRANSITIONS` is the same as
 * data. A transition writes only if the record is still as its caller read it (the fence). It returns the new record, or
 * null when another run was faster: the caller then reads again.
 */
import { hasEnded } from "../models.ts";
import { roundInRealTime } from "../money/quote.ts";
import type { ProviderBatch } from "../providers/provider.ts";
import { type BatchId, type BatchRecord, batchKey } from "./batch-record.ts";
import { putNew, update } from "./table.ts";

/**
 * `planned`: no batch can exist at the provider. `creating`: one may exist, its id is not known. `at_provider`: its id
 * is known. `asking`: it is being asked in real time. `ended`: nothing that its rows need runs any more, the rows are not
 * written. `collected`: the rows are in S3.
 */
export type Phase = "planned" | "creating" | "at_provider" | "asking" | "ended" | "collected";

/** Where a transition may start, and where it leads; null: the phase stays. */
export const TRANSITIONS = {
  takeOver: { from: ["planned", "creating"], to: "planned" },
  waiting: { from: ["planned", "creating"], to: null },
  // From `creating` too: a write whose answer was lost is sent again by the AWS SDK.
  aboutToCreate: { from: ["planned", "creating"], to: "creating" },
  createRejected: { from: ["planned", "creating"], to: "ended" },
  createLost: { from: ["creating"], to: "creating" },
  createAbandoned: { from: ["planned", "creating"], to: "planned" },
  passedOver: { from: ["creating"], to: "creating" },
  // From `planned` after a folder was set back: its batch is found though no create is recorded.
  joined: { from: ["planned", "creating"], to: "at_provider" },
  endedUnsent: { from: ["planned", "creating"], to: "ended" },
  polled: { from: ["at_provider"], to: null },
  rejectedForCapacity: { from: ["at_provider"], to: "planned" },
  rejectedForAccount: { from: ["at_provider"], to: "planned" },
  proved: { from: ["at_provider", "ended", "collected"], to: null },
  disowned: { from: ["ended"], to: "creating" },
  reopened: { from: ["ended"], to: "at_provider" },
  paused: { from: ["ended"], to: "ended" },
  collected: { from: ["ended"], to: "collected" },
  filesDeleted: { from: ["collected"], to: "collected" },
  turned: { from: ["planned", "creating"], to: "planned" },
  overtaken: { from: ["creating", "at_provider"], to: "ended" },
  asking: { from: ["planned", "asking"], to: "asking" },
  kept: { from: ["asking"], to: "asking" },
  answered: { from: ["asking"], to: "ended" },
  lateFound: { from: ["collected"], to: "collected" },
  lateSeen: { from: ["collected"], to: "collected" },
  lateSettled: { from: ["collected"], to: "collected" },
} as const satisfies Record<string, { from: readonly Phase[]; to: Phase | null }>;

type Transition = keyof typeof TRANSITIONS;
type Fields = Partial<BatchRecord>;

/** What ends with a wait, and with whatever stopped the batch before. */
const WAIT = {
  next_poll_at: undefined,
  waiting_for: undefined,
  trouble: undefined,
  error: undefined,
} satisfies Fields;

/** What ends with a create that surely made nothing. */
const CREATE = {
  creating_at: undefined,
  undecided_until: undefined,
  upload_id: undefined,
} satisfies Fields;

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

/** What a round hands on to the next. All other fields end with the round. */
export function handedOn({ items_left, next_quote, tries, ...round }: BatchRecord): Fields {
  const { refused, refusals, refusals_ever, turning_at } = round;
  const late_round = round.overtaken_at === undefined ? round.late_round : round.round;
  const handed: Fields = { request_count: items_left, quote: next_quote, tries };
  if (turning_at !== undefined) Object.assign(handed, { turning_at, late_round, real_time: true });
  return refusals_ever ? { ...handed, refusals: refused ? refusals : 0, refusals_ever } : handed;
}

/** What one more refusal of a whole round sets. */
function refusedOnceMore({ refusals = 0, refusals_ever = 0 }: BatchRecord): Fields {
  return { refused: true, refusals: refusals + 1, refusals_ever: refusals_ever + 1 };
}

export function phaseOf(record: BatchRecord): Phase {
  const { status, collected, creating_at, provider_batch_id, asking_at } = record;
  if (collected) return "collected";
  if (hasEnded(status)) return "ended";
  if (provider_batch_id !== undefined) return "at_provider";
  if (asking_at !== undefined) return "asking";
  return creating_at === undefined ? "planned" : "creating";
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

/** The batch was another's. The round is where it was before the batch was joined, and its own is searched for again. */
export function disowned(found: BatchRecord): Promise<BatchRecord | null> {
  return move("disowned", found, withoutBatch(found));
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

export function filesDeleted(found: BatchRecord): Promise<BatchRecord | null> {
  return move("filesDeleted", found, { files_deleted: true });
}

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

/** Takes over the asking of a real-time round: no earlier run may ask from now on. `now`: Unix seconds. */
export function asking(found: BatchRecord, now: number): Promise<BatchRecord | null> {
  const { attempt, asking_at = now } = found;
  return move("asking", found, { ...WAIT, status: "in_progress", asking_at, attempt: attempt + 1 });
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

/** A temporary error of a call to the provider: what, and when (Unix seconds). */
export type Trouble = NonNullable<BatchRecord["trouble"]>;

/** Says, in any phase before `collected`, that a call to the provider failed for now. False: not written. */
export function troubled(id: BatchId, trouble: Trouble): Promise<boolean> {
  return update(batchKey(id), { trouble }, { collected: undefined });
}

/** Says, in any phase, why the batch's execution stopped. Whatever the round does next clears it. */
export function stopped(id: BatchId, error: string): Promise<boolean> {
  return update(batchKey(id), { error });
}

function withoutBatch({ disowned = [], provider_batch_id }: BatchRecord): Fields {
  return { ...PROVIDER_BATCH, disowned: provider_batch_id ? [...disowned, provider_batch_id] : disowned };
}

/** The one write of a record that has begun. `only`: conditions beside the fence. */
async function move(
  transition: Transition,
  found: BatchRecord,
  set: Fields,
  only: Fields = {},
): Promise<BatchRecord | null> {
  const from: readonly Phase[] = TRANSITIONS[transition].from;
  if (!from.includes(phaseOf(found))) return null;
  const { attempt, status, creating_at, provider_batch_id, collected } = found;
  const fence: Fields = { attempt, status, provider_batch_id, collected };
  // The SDK may send a write again whose answer was lost: it must not be refused by its own first copy.
  if (transition !== "aboutToCreate") fence.creating_at = creating_at;
  return (await update(batchKey(found), set, { ...fence, ...only })) ? { ...found, ...set } : null;
}
