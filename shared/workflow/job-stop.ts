/** When a job ends early: what is not sent is never sent, what runs at the provider is cancelled. */
import type { BatchRecord } from "../records/batch-record.ts";
import type { JobRecord } from "../records/job-record.ts";
import type { UnsentEnd } from "../records/lifecycle/sending.ts";

const CANCELLED: UnsentEnd = { status: "cancelled", error: "the job was cancelled before this was sent" };
const LATE: UnsentEnd = { status: "expired", error: "the job's deadline passed before this was sent" };

/** How a batch must end early; null when it continues. A cancel overrides the deadline. `now`: Unix seconds. */
export function stopOf(
  { deadline_at }: Pick<BatchRecord, "deadline_at">,
  job: Pick<JobRecord, "cancel_requested"> | null,
  now: number,
): UnsentEnd | null {
  if (job?.cancel_requested) return CANCELLED;
  return deadline_at !== undefined && now >= deadline_at ? LATE : null;
}
