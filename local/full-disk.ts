/** A full disk, said so that a person knows what to do. */

/** SQLite's result code SQLITE_FULL, https://www.sqlite.org/rescode.html#full */
const SQLITE_FULL = 13;

/** The error itself, or, where it came of a full disk, one that says so. `where`: what was written to. */
export function explainFullDisk(error: unknown, where: string): unknown {
  const { code, errcode = 0 } = (error ?? {}) as { code?: unknown; errcode?: number };
  const full = code === "ENOSPC" || code === "EDQUOT" || (errcode & 0xff) === SQLITE_FULL;
  if (!full) return error;
  const text = `the disk of ${where} is full: free some space, then run the same command again`;
  return new Error(text, { cause: error });
}
