/** When a job does not go on although it could: what is not sent is not sent any more, what runs is cancelled. */
import type { BatchRecord } from "../records/batch-record.ts";
import type { JobRecord } from "../records/job-record.ts";

/** How a round ends that is not to be sent. */
export interface UnsentEnd {
  status: "cancelled" | "expired" | "failed";
  error: string;
  /** Set when it could take the job over its `max_cost_usd`. */
  over_cost?: true;
}

const CANCELLED: UnsentEnd = { status: "cancelled", error: "the job was cancelled before this was sent" };
const LATE: UnsentEnd = { status: "expired", error: "the job's deadline passed before this was sent" };

/** Whether a batch is to be stopped, and as what; null when it goes on. Cancelled wins over late. */
export function stopOf(
  { deadline_at }: Pick<BatchRecord, "deadline_at">,
  job: Pick<JobRecord, "cancel_requested"> | null,
  now: number,
): UnsentEnd | null {
  if (job?.cancel_requested) return CANCELLED;
  return deadline_at !== undefined && now >= deadline_at ? LATE : null;
}
