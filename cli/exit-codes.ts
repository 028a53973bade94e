/** How the command ends, for scripts. */
import type { BatchJobInfo } from "../shared/models.ts";

export const EXIT = {
  /** Every item succeeded. */
  ok: 0,
  /** The job could not be run, or not to its end. */
  error: 1,
  /** The command line is wrong, or a key is missing: nothing was started. */
  usage: 2,
  /** The job ended, with items that have no answer. */
  failedItems: 3,
} as const;

/** The exit code of a command that has seen a job to its end. */
export function exitCodeOf({ status, counts, request_count }: BatchJobInfo): number {
  if (status === "failed") return EXIT.error;
  return (counts?.succeeded ?? 0) === request_count ? EXIT.ok : EXIT.failedItems;
}

/** The command line is wrong: reported before anything starts. */
export class UsageError extends Error {
  override name = "UsageError";
}
