/** How a job stands, for programs: no prompts, no answers. */
import { type BatchProgress, providerCounts } from "../job/batch-progress.ts";
import type { JobStatus } from "../job/job-status.ts";

export function statusJson({ job, execution, ...status }: JobStatus): object {
  const { answered, batches, batchesDone, receipt } = status;
  return {
    ...job,
    answered,
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
