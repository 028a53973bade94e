/**
 * Exactly one provider batch for each (job, batch, round).
 *
 * The intent is recorded before anything is sent. `attempt` is a fence: a run that takes a round over raises it. The create
 * is sent only after a conditional write has found the attempt unchanged. From that write on (`creating_at`), a run that
 * finds no provider id searches for the batch at the provider. It creates the batch again only when it is surely not there
 * (`undecided_until`).
 */
import { secondsSince } from "../../shared/clock.ts";
import { ProviderRejectedError, ProviderUnavailableError } from "../../shared/errors.ts";
import { hasEnded } from "../../shared/models.ts";
import { estimatedTokens } from "../../shared/money/token-estimate.ts";
import { ENV } from "../../shared/names.ts";
import { type JobFile, requireJobFile } from "../../shared/objects/job-file.ts";
import { requestKey } from "../../shared/objects/keys.ts";
import { headObject, openObject } from "../../shared/objects/objects.ts";
import type { BatchState } from "../../shared/payload.ts";
import { formatOf } from "../../shared/providers/formats.ts";
import type { BatchSubmission, Provider } from "../../shared/providers/provider.ts";
import {
  aboutToCreate,
  createAbandoned,
  createLost,
  createRejected,
  endedUnsent,
  overtaken,
  takeOver,
  turned,
  waiting,
} from "../../shared/records/batch-lifecycle.ts";
import { type BatchRecord, readBatch } from "../../shared/records/batch-record.ts";
import { takeCreate } from "../../shared/records/create-rate.ts";
import { type JobRecord, readJob } from "../../shared/records/job-record.ts";
import { admit, queueOf, release, TOKEN_QUEUE } from "../../shared/records/token-ledger.ts";
import { wakeOf } from "../../shared/records/wake-record.ts";
import { note } from "../../shared/telemetry.ts";
import type { Account } from "../../shared/tenants/account.ts";
import { stopOf } from "../../shared/workflow/job-stop.ts";
import { nextWait, pollWait, settleWait } from "../../shared/workflow/poll-wait.ts";
import { type Turn, turnOf, waitUntil } from "../../shared/workflow/real-time-turn.ts";
import { type AdoptTimes, adopt, recordCreated } from "./adopt-batch.ts";
import { intend } from "./intent.ts";
import { overCost } from "./over-cost.ts";

/** What `submitBatch` needs besides S3 and the table. */
export interface SubmitDeps {
  provider: (account: Account) => Promise<Provider>;
  /** Unix seconds. */
  now: () => number;
  /** Seconds after which a run that began a create is surely dead. */
  leaseSeconds: number;
  /** Seconds within which the provider may not list a batch that it has made. */
  settleSeconds: number;
  /**
   * Unix seconds. The records of older jobs may come from a backup, from before a create that was accepted. So their
   * batches are searched for at the provider before they are sent.
   */
  resumedBefore: number;
}

const LOST_CREATE = "whether an earlier create was accepted";
const UNDECIDED = "whether a batch at the provider is this one";

/** Seconds until another run's write, or a lost create's batch, can be seen. */
const SOON = 5;

/** Thrown by the fence when another run has taken the round over. */
class TakenOverError extends Error {
  override name = "TakenOverError";
}

/** Sends the batch of this round, or finds that it was sent. `submitted` false: come again after `wait_seconds`. */
export async function submitBatch(state: BatchState, deps: SubmitDeps): Promise<BatchState> {
  const now = deps.now();
  const [begun, job] = await Promise.all([readBatch(state), readJob(state.job_id)]);
  const found = begun ?? (await intend(state, job, now));
  const { provider: name, account, model, attempt, request_count } = found;
  note({ provider: name, account, model, attempt, request_count });
  if (found.provider_batch_id || hasEnded(found.status)) return submitted(state, found, now);
  if (found.real_time) return inRealTime(state);
  note({ queue_wait_seconds: secondsSince(found.created_at, now) });
  const turn = await turnOf(found, job, now);
  const next = await sendOrWait(state, deps, { found, job, turn, now });
  if (next.submitted) return next;
  const moment = found.creating_at === undefined ? turn?.turn_at : turn?.leave_at;
  return { ...next, wait_seconds: waitUntil(next.wait_seconds, moment, now) };
}

/** A round that is not at the provider. */
interface Unsent {
  found: BatchRecord;
  job: JobRecord | null;
  turn: Turn | null;
  now: number;
}

/** Sends it, or finds out what it waits for; what is due to be asked in real time is no longer sent. */
async function sendOrWait(
  state: BatchState,
  deps: SubmitDeps,
  { found, job, turn, now }: Unsent,
): Promise<BatchState> {
  const stops = stopOf(found, job, now);
  if (found.creating_at !== undefined) {
    const next = await findLost(found, found.creating_at, state, deps, now);
    if (next && !next.submitted && !stops && turn && now >= turn.leave_at) {
      note({ outcome: "left to real time" });
      const left = await overtaken(found, now);
      return left ? submitted(state, left, now) : comeAgain(state, SOON);
    }
    if (next) return next;
  }
  if (!stops && turn && now >= turn.turn_at) {
    await release(queueOf(found), found, now);
    return (await turned(found, now)) ? inRealTime(state) : comeAgain(state, SOON);
  }
  const stop = stops ?? (await overCost(found, job));
  if (stop) {
    await release(queueOf(found), found, now);
    const ended = await endedUnsent(found, stop);
    return ended ? submitted(state, ended, now) : comeAgain(state, SOON);
  }
  const provider = await deps.provider(found);
  const { bytes_per_token, ...submission } = await requestOf(found);
  const wait = await capacity(
    found,
    provider,
    estimatedTokens(submission.bytes, found.request_count, bytes_per_token),
    now,
  );
  if (wait) return waitFor(wait, state, found, now);
  if (job && job.created_at < deps.resumedBefore) {
    const adopted = await adopt(found, provider, { ...timesOf(state, deps, now), forgotten: job.created_at });
    if (adopted === "undecided") return waitFor({ reason: UNDECIDED, seconds: SOON }, state, found, now);
    if (adopted) return submitted(state, adopted, now);
  }
  const mine = await takeOver(found, now);
  return mine ? create(state, mine, submission, provider, deps) : comeAgain(state, SOON);
}

/** Searches for the batch of a create that may have been accepted; null when there surely is none. */
async function findLost(
  found: BatchRecord,
  creating_at: number,
  state: BatchState,
  deps: SubmitDeps,
  now: number,
): Promise<BatchState | null> {
  const provider = await deps.provider(found);
  const adopted = await adopt(found, provider, timesOf(state, deps, now));
  if (adopted === "undecided") {
    // It can take as long as another job's batch runs.
    const seconds = nextWait(now - creating_at, SOON);
    return waitFor({ reason: UNDECIDED, seconds }, state, found, now);
  }
  if (adopted) return submitted(state, adopted, now);
  const left = (found.undecided_until ?? 0) - now;
  if (left > 0) return waitFor({ reason: LOST_CREATE, seconds: Math.min(left, 30) }, state, found, now);
  if (found.upload_id) await provider.deleteUpload(found.upload_id);
  return null;
}

/** What a batch that is not sent waits for, and the seconds until the next check. */
interface Delay {
  reason: string;
  seconds: number;
}

/** The wait for room at the provider; null when the batch may go. */
async function capacity(
  found: BatchRecord,
  provider: Provider,
  tokens: number,
  now: number,
): Promise<Delay | null> {
  if (provider.limitsQueuedTokens) {
    const { admitted, oldest } = await admit(queueOf(found), found, tokens, now);
    if (!admitted) {
      note({ token_queue_held_seconds: secondsSince(oldest?.at, now), token_queue_held_by: oldest?.job_id });
      return { reason: TOKEN_QUEUE, seconds: nextWait(now - found.created_at, 30) };
    }
  }
  const perHour = formatOf(found.provider).limits.max_batches_per_hour;
  const seconds = Math.min(await takeCreate(found, perHour, now), 900);
  return seconds > 0 ? { reason: `the provider's ${perHour} batches an hour`, seconds } : null;
}

async function create(
  state: BatchState,
  taken: BatchRecord,
  submission: Omit<BatchSubmission, "beforeCreate">,
  provider: Provider,
  deps: SubmitDeps,
): Promise<BatchState> {
  let mine = taken;
  const { leaseSeconds, settleSeconds } = deps;
  /** Called right before the one call that makes the batch: from then on the batch may exist. */
  const beforeCreate = async (upload_id: string | null) => {
    const now = deps.now();
    const undecided_until = now + leaseSeconds + settleSeconds;
    const creating = { creating_at: now, undecided_until, upload_id: upload_id ?? undefined };
    const record = await aboutToCreate(mine, creating);
    if (!record) throw new TakenOverError("another run has taken this batch over");
    mine = record;
  };
  try {
    const batch = await provider.submitBatch({ ...submission, beforeCreate });
    const now = deps.now();
    const recorded = await recordCreated(mine, batch, provider, timesOf(state, deps, now));
    return recorded ? submitted(state, recorded, now) : comeAgain(state, SOON);
  } catch (error) {
    const now = deps.now();
    if (error instanceof TakenOverError) return comeAgain(state, SOON);
    if (error instanceof ProviderRejectedError) {
      await release(queueOf(mine), mine, now);
      const ended = await createRejected(mine, error.message);
      return ended ? submitted(state, ended, now) : comeAgain(state, SOON);
    }
    if (!(error instanceof ProviderUnavailableError)) throw error;
    note({ provider_errors: 1 });
    const trouble = { message: error.message, at: now };
    if (error.ambiguous) {
      note({ lost_creates: 1 });
      const lost = await createLost(mine, now + settleSeconds, trouble);
      return waitFor({ reason: LOST_CREATE, seconds: SOON }, state, lost ?? mine, now);
    }
    const abandoned = await createAbandoned(mine, trouble);
    if (error.retryAfterSeconds === undefined) throw error;
    const busy = { reason: "the provider to take calls again", seconds: error.retryAfterSeconds };
    return waitFor(busy, state, abandoned ?? mine, now);
  }
}

function timesOf(state: BatchState, { settleSeconds }: SubmitDeps, now: number): AdoptTimes {
  return { now, settleSeconds, firstWait: state.min_poll_seconds };
}

async function requestOf(
  found: BatchRecord,
): Promise<Omit<BatchSubmission, "beforeCreate"> & Pick<JobFile, "bytes_per_token">> {
  const { spec, bytes_per_token } = await requireJobFile(found.job_id);
  const key = requestKey(found.job_id, found.batch, found.round);
  const object = await headObject(key);
  if (!object) throw new Error(`${key} is missing`);
  const bucket = process.env[ENV.bucket];
  return {
    mark: found,
    spec,
    bytes_per_token,
    // On a laptop the object is a file, which no provider can read.
    ...(bucket && { object: { bucket, key } }),
    open: () => openObject(key),
    bytes: object.bytes,
    request_count: found.request_count,
  };
}

/** The state after a round turned out to be one that `AnswerNow` asks. */
function inRealTime(state: BatchState): BatchState {
  note({ outcome: "to be asked in real time" });
  return { ...state, real_time: true, submitted: false, ended: false, wait_seconds: 0 };
}

function submitted(state: BatchState, found: BatchRecord, now: number): BatchState {
  const sent = { ...state, submitted: true, ended: false };
  const { provider_batch_id, status } = found;
  note({ outcome: provider_batch_id ? "submitted" : `not sent: ${status}`, provider_batch_id });
  if (hasEnded(status) || !provider_batch_id) return { ...sent, wait_seconds: 0 };
  const wait_seconds = found.unsettled
    ? settleWait(found.unsettled, state.min_poll_seconds)
    : pollWait(found, now - (found.submitted_at ?? now), state.min_poll_seconds);
  note({ wait_seconds });
  // Of one that was never polled, any wake signal counts. One that is waited for as it lacks parts is known to have ended.
  const polledAt = found.unsettled ? now : 0;
  return { ...sent, wait_seconds, wake: wakeOf(provider_batch_id, polledAt, now) };
}

/** Comes again after a wait; the batch's record says so to people. */
async function waitFor(
  { reason, seconds }: Delay,
  state: BatchState,
  found: BatchRecord,
  now: number,
): Promise<BatchState> {
  const next = comeAgain(state, seconds, reason);
  await waiting(found, reason, now + next.wait_seconds);
  return next;
}

function comeAgain(state: BatchState, seconds: number, reason = "another run"): BatchState {
  const wait_seconds = Math.max(1, Math.ceil(seconds));
  note({ outcome: `waiting for ${reason}`, wait_seconds });
  return { ...state, submitted: false, ended: false, wait_seconds };
}
