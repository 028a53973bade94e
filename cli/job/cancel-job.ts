/** Asks for the end of a job. */
import { unixNow } from "../../shared/clock.ts";
import { hasEnded } from "../../shared/models.ts";
import { requestCancel } from "../../shared/records/job-record.ts";
import type { Backend } from "../backend/backend.ts";
import { duration } from "../output/numbers.ts";
import { readJobStatus } from "./job-status.ts";

/** Asks for it. @returns what happens now, for a person */
export async function cancelJob(job_id: string, backend: Backend): Promise<string> {
  const job = await requestCancel(job_id);
  if (!job) return `There is no job ${job_id}.`;
  if (hasEnded(job.status)) return `Job ${job_id} has already ended: ${job.status}.`;
  if (!job.cancel_requested) return `Job ${job_id} is writing its results already, and ends by itself.`;
  const status = await readJobStatus(job_id, backend);
  const polls = status?.begun.map(({ record }) => record.next_poll_at ?? 0) ?? [];
  const last = Math.max(0, ...polls) - unixNow();
  const when = last > 0 ? `, within ${duration(last)}` : "";
  const stopped =
    status && !status.execution.alive ? ` But ${status.execution.text}: ${status.execution.advice}.` : "";
  return `Job ${job_id} will be cancelled: unsent items stay unsent, and batches at the provider are cancelled at their next poll${when}. Existing answers are kept.${stopped}`;
}
