/** How the command ends, for scripts. */
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

/** The command line is wrong: reported before anything starts. */
export class UsageError extends Error {
  override name = "UsageError";
}
