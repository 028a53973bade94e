/**
 * Asks a round in real time, with the very requests that its batch would hold. Answers are safe as they come. A run that goes
 * on after a dead one asks again at most what that had under way.
 */
import { hasEnded } from "../../shared/models.ts";
import { requireJobFile } from "../../shared/objects/job-file.ts";
import type { BatchState } from "../../shared/payload.ts";
import { readBatch } from "../../shared/records/batch-record.ts";
import { readJob } from "../../shared/records/job-record.ts";
import { asking } from "../../shared/records/lifecycle/real-time.ts";
import { TakenOverError } from "../../shared/records/lifecycle/taken-over.ts";
import { note } from "../../shared/telemetry.ts";
import type { LongStepDeps } from "../../shared/workflow/batch-step.ts";
import { askItems } from "./ask-items.ts";
import { Budget } from "./budget.ts";
import { Journal } from "./journal.ts";

/**
 * Asks what has no answer yet, as far as it comes in `runSeconds`; `ended` says that nothing more is asked.
 * @throws ProviderAuthError when the key is refused; what was answered is kept
 */
export async function answerNow(state: BatchState, deps: LongStepDeps): Promise<BatchState> {
  const now = deps.now();
  const [found, job] = await Promise.all([readBatch(state), readJob(state.job_id)]);
  if (!found?.real_time)
    throw new Error(`batch ${state.batch} round ${state.round} is not asked in real time`);
  const { provider: name, account, model, request_count } = found;
  note({ provider: name, account, model, request_count, outcome: "answered" });
  const over = { ...state, ended: true, wait_seconds: 0 };
  if (hasEnded(found.status)) return over;
  const record = await asking(found, now);
  if (!record) throw new Error("another run asks this round");
  const { spec, lines, bytes_per_token } = await requireJobFile(state.job_id);
  const journal = await Journal.restore(record, { lines, spec });
  try {
    const budget = await Budget.of(record, job, journal);
    const provider = await deps.provider(record);
    const end = await askItems({ record, spec, bytes_per_token, journal, budget, provider, deps });
    note({ answered: journal.answers.ours, unknown_requests: journal.unknown });
    if (end !== null) {
      await journal.end(end.status, end.error);
      return over;
    }
    await journal.pause();
    note({ outcome: "more to ask" });
    return { ...state, ended: false, wait_seconds: 0 };
  } catch (error) {
    // What it cannot keep counts as unknown in the next run.
    if (!(error instanceof TakenOverError)) await journal.pause().catch(() => {});
    throw error;
  } finally {
    journal.close();
  }
}
