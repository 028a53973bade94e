import type { BatchJobInfo } from "../../models.ts";

/** Whether a batch was created before a time (Unix seconds); one that does not say when is not. */
export function isBefore(batch: BatchJobInfo, time: number): boolean {
  return batch.created_at > 0 && batch.created_at < time;
}
