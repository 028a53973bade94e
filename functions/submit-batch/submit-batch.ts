/**
 * Exactly one provider batch for each (job, batch, round).
 *
 * Intent is recorded before anything is sent. `attempt` is a fence: whoever takes a round over
 * raises it, and the create is sent only after a conditional write has found it unchanged. From
 * that write on (`creating_at`), a run that finds no provider id looks for the batch at the
 * provider; only when it is surely not there (`undecided_until`) is it created again.
 */
import { type BatchRecord, createBatch, readBatch, updateBatch } from "../../shared/batch-record.ts";
import { ProviderRejectedError, ProviderUnavailableError } from "../../shared/errors.ts";
import { requireJobFile } from "../../shared/job-file.ts";
import { readJob } from "../../shared/job-record.ts";
import { requestKey, tagOf } from "../../shared/keys.ts";
import { hasEnded } from "../../shared/models.ts";
import { headObject, openObject } from "../../shared/objects.ts";
import type { BatchState } from "../../shared/payload.ts";
import { nextWait } from "../../shared/poll-wait.ts";
import type { BatchSubmission, Provider } from "../../shared/providers/provider.ts";
import { adopt, record } from "./adopt-batch.ts";

/** What `submitBatch` needs besides S3 and the table. */
export interface SubmitSettings {
  provider: (name: BatchRecord["provider"]) => Promise<Provider>;
  /** Unix seconds. */
  now: () => number;
  /** Seconds after which a run that began a create is surely dead. */
  leaseSeconds: number;
  /** Seconds within which the provider may not show a batch that it has made. */
  settleSeconds: number;
}

/** Thrown by the fence when another run has taken the round over. */
class TakenOverError extends Error {
  override name = "TakenOverError";
}

/** Sends the batch of this round, or finds that it was sent. `submitted` false: come again after `wait_seconds`. */
export async function submitBatch(state: BatchState, settings: SubmitSettings): Promise<BatchState> {
  const found = (await readBatch(state)) ?? (await intend(state, settings));
  if (found.provider_batch_id || hasEnded(found.status)) return submitted(state, found, settings.now());
  const provider = await settings.provider(found.provider);
  if (found.deadline_at !== undefined && settings.now() >= found.deadline_at && found.creating_at === undefined) {
    await updateBatch(state, { status: "expired", error: "the job's deadline passed before this was sent" }, { attempt: found.attempt });
    return submitted(state, found, settings.now());
  }
  if (found.creating_at !== undefined) {
    const adopted = await adopt(found, provider, settings.now(), settings.settleSeconds);
    if (adopted === "undecided") return comeAgain(state, 5);
    if (adopted) return submitted(state, adopted, settings.now());
    const left = (found.undecided_until ?? 0) - settings.now();
    if (left > 0) return comeAgain(state, Math.min(left, 30));
    if (found.upload_id) await provider.deleteUpload(found.upload_id);
  }
  const mine = await takeOver(found, settings.now());
  return mine ? create(state, mine, provider, settings) : comeAgain(state, 5);
}

/** Records the intent to send this round, or finds another's. */
async function intend(state: BatchState, settings: SubmitSettings): Promise<BatchRecord> {
  const { spec, requests } = await requireJobFile(state.job_id);
  const job = await readJob(state.job_id);
  const before = state.round > 1 ? await readBatch({ ...state, round: state.round - 1 }) : null;
  const request_count = before?.items_left ?? requests[state.batch - 1];
  if (request_count === undefined) throw new Error(`job ${state.job_id} has no batch ${state.batch}`);
  const now = settings.now();
  const intent: BatchRecord = {
    job_id: state.job_id,
    provider: spec.provider,
    model: spec.model,
    status: "pending",
    created_at: now,
    request_count,
    raw: null,
    batch: state.batch,
    round: state.round,
    tag: tagOf(state.job_id, state.batch, state.round),
    attempt: 0,
    intent_at: now,
  };
  if (spec.deadline_hours !== undefined && job) intent.deadline_at = job.created_at + spec.deadline_hours * 3600;
  await createBatch(intent);
  const written = await readBatch(state);
  if (!written) throw new Error(`the record of batch ${state.batch} round ${state.round} cannot be read back`);
  return written;
}

/** Makes the round this run's own; null when another was faster. */
async function takeOver(found: BatchRecord, now: number): Promise<BatchRecord | null> {
  const mine = { attempt: found.attempt + 1, intent_at: now, creating_at: undefined, undecided_until: undefined, upload_id: undefined };
  return (await updateBatch(found, mine, { attempt: found.attempt, provider_batch_id: undefined })) ? { ...found, ...mine } : null;
}

async function create(
  state: BatchState,
  mine: BatchRecord,
  provider: Provider,
  settings: SubmitSettings,
): Promise<BatchState> {
  const only = { attempt: mine.attempt };
  try {
    const submission = await submissionOf(mine, async (upload_id) => {
      const now = settings.now();
      const undecided_until = now + settings.leaseSeconds + settings.settleSeconds;
      const fields = { creating_at: now, undecided_until, upload_id: upload_id ?? undefined };
      if (!(await updateBatch(mine, fields, only))) throw new TakenOverError("another run has taken this batch over");
    });
    const info = await provider.submitBatch(submission);
    const recorded = await record(mine, info, provider, settings.now());
    return recorded ? submitted(state, recorded, settings.now()) : comeAgain(state, 5);
  } catch (error) {
    if (error instanceof TakenOverError) return comeAgain(state, 5);
    if (error instanceof ProviderRejectedError) {
      const refused = { status: "failed" as const, error: error.message, creating_at: undefined };
      await updateBatch(mine, refused, only);
      return submitted(state, { ...mine, ...refused }, settings.now());
    }
    if (!(error instanceof ProviderUnavailableError)) throw error;
    if (error.ambiguous) {
      await updateBatch(mine, { undecided_until: settings.now() + settings.settleSeconds }, only);
      return comeAgain(state, 5);
    }
    await updateBatch(mine, { creating_at: undefined, undecided_until: undefined, upload_id: undefined }, only);
    if (error.retryAfterSeconds !== undefined) return comeAgain(state, error.retryAfterSeconds);
    throw error;
  }
}

async function submissionOf(mine: BatchRecord, beforeCreate: BatchSubmission["beforeCreate"]): Promise<BatchSubmission> {
  const { spec } = await requireJobFile(mine.job_id);
  const key = requestKey(mine.job_id, mine.batch, mine.round);
  const object = await headObject(key);
  if (!object) throw new Error(`${key} is missing`);
  return {
    mark: mine,
    spec,
    open: () => openObject(key),
    bytes: object.bytes,
    request_count: mine.request_count,
    beforeCreate,
  };
}

function submitted(state: BatchState, found: BatchRecord, now: number): BatchState {
  const wait_seconds = hasEnded(found.status) ? 0 : nextWait(now - (found.submitted_at ?? now), state.min_poll_seconds);
  return { ...state, submitted: true, ended: false, wait_seconds };
}

function comeAgain(state: BatchState, seconds: number): BatchState {
  return { ...state, submitted: false, ended: false, wait_seconds: Math.max(1, Math.ceil(seconds)) };
}
