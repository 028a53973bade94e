/** How a job stands, for programs: no prompts, no answers. */
import { type BatchProgress, providerCounts } from "../job/batch-progress.ts";
import { answeredItems, type JobStatus } from "../job/job-status.ts";

export function statusJson(status: JobStatus): object {
  const { job, execution, batches, batchesDone, receipt } = status;
  return {
    ...job,
    answered: answeredItems(status),
    batches,
    batches_done: batchesDone,
    receipt,
    execution: { id: job.execution, ...execution },
  };
}

/** One batch: its last round. */
export function batchJson({ record, state, since, answered, items }: BatchProgress): object {
  const { batch, round, status, provider_batch_id, real_time } = record;
  const { next_poll_at, waiting_for, trouble, error } = record;
  return {
    ...{ batch, round, state, since, answered, items, status, provider_batch_id },
    ...{ real_time, provider_counts: providerCounts(record), next_poll_at, waiting_for, trouble, error },
  };
}
