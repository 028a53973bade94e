/**
 * Exactly one provider batch for each (job, batch, round).
 *
 * The intent is recorded before anything is sent. `attempt` is a fence: a run that takes a round over raises it. The create
 * is sent only after a conditional write has found the attempt unchanged. From that write on (`creating_at`), a run that
 * finds no provider id searches for the batch at the provider. It creates the batch again only when it is surely not there
 * (`undecided_until`).
 */
import { secondsSince } from "../../shared/clock.ts";
import { hasEnded } from "../../shared/models.ts";
import { estimatedTokens } from "../../shared/money/token-estimate.ts";
import { ENV } from "../../shared/names.ts";
import { type JobFile, requireJobFile } from "../../shared/objects/job-file.ts";
import { requestKey } from "../../shared/objects/keys.ts";
import { headObject, openObject } from "../../shared/objects/objects.ts";
import type { BatchState } from "../../shared/payload.ts";
import type { BatchSubmission } from "../../shared/providers/provider.ts";
import { type BatchRecord, readBatch } from "../../shared/records/batch-record.ts";
import { type JobRecord, readJob } from "../../shared/records/job-record.ts";
import { overtaken, turned } from "../../shared/records/lifecycle/real-time.ts";
import { endedUnsent, takeOver } from "../../shared/records/lifecycle/sending.ts";
import { queueOf, release } from "../../shared/records/token-ledger.ts";
import { note } from "../../shared/telemetry.ts";
import { stopOf } from "../../shared/workflow/job-stop.ts";
import { nextWait } from "../../shared/workflow/poll-wait.ts";
import { type TurnTimes, turnOf, waitUntil } from "../../shared/workflow/real-time-turn.ts";
import { adopt, timesOf } from "./adopt-batch.ts";
import { capacity } from "./capacity.ts";
import { createBatch } from "./create-batch.ts";
import { intend } from "./intent.ts";
import { comeAgain, inRealTime, LOST_CREATE, SOON, submitted, waitFor } from "./next-step.ts";
import { overCost } from "./over-cost.ts";
import type { SubmitDeps } from "./submit-deps.ts";
import { tooFew } from "./too-few.ts";

const UNDECIDED = "whether a batch at the provider is this one";

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
  turn: TurnTimes | null;
  now: number;
}

/** Sends it, or finds out what it waits for. What is due in real time is no longer sent. */
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
  const stop = stops ?? tooFew(found) ?? (await overCost(found, job));
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
  return mine ? createBatch(state, mine, submission, provider, deps) : comeAgain(state, SOON);
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
