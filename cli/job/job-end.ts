/** The exit code of a command that has seen a job to its end. */
import type { BatchJobInfo } from "../../shared/models.ts";
import { EXIT } from "../exit-codes.ts";

/** 0 when every item succeeded, 1 when the job failed, 3 for the rest. */
export function exitCodeOf({ status, counts, request_count }: BatchJobInfo): number {
  if (status === "failed") return EXIT.error;
  return (counts?.succeeded ?? 0) === request_count ? EXIT.ok : EXIT.failedItems;
}
