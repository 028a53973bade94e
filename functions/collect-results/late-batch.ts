/** The money of a batch that was left to real time. Its rows are the real-time round's; its answers are billed all the same. */
import { ProviderAuthError, ProviderRejectedError, ProviderUnavailableError } from "../../shared/errors.ts";
import { requireJobFile } from "../../shared/objects/job-file.ts";
import type { Provider, ProviderBatch } from "../../shared/providers/provider.ts";
import { type BatchRecord, readBatch } from "../../shared/records/batch-record.ts";
import { readJob } from "../../shared/records/job-record.ts";
import { type LateEnd, lateSettled } from "../../shared/records/lifecycle/real-time.ts";
import { type Answers, noAnswers, takeOutcome } from "../../shared/round/answers.ts";
import { note } from "../../shared/telemetry.ts";
import type { LongStepDeps } from "../../shared/workflow/batch-step.ts";
import { turnOf } from "../../shared/workflow/real-time-turn.ts";
import { hasRun, lostAnswers } from "./lost-answers.ts";

/** The batch of an earlier round that was left, and is not settled yet; null when there is none. */
export async function lateBatch({ job_id, batch, late_round }: BatchRecord): Promise<BatchRecord | null> {
  if (late_round === undefined) return null;
  const record = await readBatch({ job_id, batch, round: late_round });
  return record && record.late === undefined ? record : null;
}

/**
 * Bills what the batch has answered, where its end was seen. Answers that the provider counts and that cannot be read
 * any more are unknown. Where nothing is known of the batch, all its requests are.
 * @throws ProviderUnavailableError while there is time to try again
 */
export async function settleLate(record: BatchRecord, deps: LongStepDeps): Promise<void> {
  if (record.late !== undefined) return;
  const id = record.provider_batch_id;
  const provider = record.late_seen && id !== undefined ? await deps.provider(record) : null;
  const batch = provider && id !== undefined ? await unlessGone(provider.pollStatus(id), record, deps) : null;
  const end = provider && batch ? await endOf(record, provider, batch, deps) : LEFT;
  note({ outcome: end.late === "billed" ? "late answers billed" : "late answers not known" });
  await lateSettled(record, end);
  if (provider && batch && end !== LEFT) await provider.deleteFiles(batch);
}

const LEFT: LateEnd = { late: "left" };

/** What an ended batch came to. One that may be another's, and of which no line is ours, is left. */
async function endOf(
  found: BatchRecord,
  provider: Provider,
  batch: ProviderBatch,
  deps: LongStepDeps,
): Promise<LateEnd> {
  const { lines, spec } = await requireJobFile(found.job_id);
  const { counts, usage, status } = batch;
  const record = { ...found, counts, usage, status };
  const answers = noAnswers(record, lines, spec.prices);
  try {
    await unlessGone(readAll(answers, { record, provider, batch }, deps), record, deps);
    if (record.unproved && answers.ours === 0) return LEFT;
    const { roundBill, spool } = answers;
    roundBill.close();
    const ran = spool.rows().filter(([, line]) => hasRun(status, line)).length;
    return {
      late: "billed",
      billed: roundBill.bill,
      usage: roundBill.usage,
      unpriced: roundBill.unpriced.length || undefined,
      unknown_requests: lostAnswers(answers, record, ran) || undefined,
    };
  } finally {
    answers.spool.close();
  }
}

/** Reads the results, or as many as go into one run. */
async function readAll(
  answers: Answers,
  { record, provider, batch }: { record: BatchRecord; provider: Provider; batch: ProviderBatch },
  { now, runSeconds }: LongStepDeps,
): Promise<void> {
  const startedAt = now();
  for await (const outcomes of provider.getResults(batch)) {
    for (const outcome of outcomes) takeOutcome(answers, outcome, record.tag);
    if (now() - startedAt > runSeconds) return;
  }
}

/** What a call brings. Null: the provider refuses it for good, or cannot answer and the job has no time left. */
async function unlessGone<T>(
  call: Promise<T>,
  record: BatchRecord,
  { now }: LongStepDeps,
): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ProviderRejectedError || error instanceof ProviderAuthError) return null;
    if (!(error instanceof ProviderUnavailableError)) throw error;
    const turn = await turnOf(record, await readJob(record.job_id), now());
    if (turn && now() < turn.late_until) throw error;
    return null;
  }
}
