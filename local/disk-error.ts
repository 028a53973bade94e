/** A disk that takes no more, said so that a person knows what to do. */

type Reason = (where: string) => string;
const full: Reason = (where) => `the disk of ${where} is full: free some space`;
const readOnly: Reason = (where) => `the disk of ${where} can only be read: choose another folder`;
const tooLarge: Reason = (where) =>
  `a file is too large for ${where}: raise the limit of the disk or the shell (ulimit -f)`;
const broken: Reason = (where) =>
  `the disk of ${where} failed: look at its health, and at limits (ulimit -f)`;

/** By the code of a system call, or SQLite's: https://www.sqlite.org/rescode.html */
const REASONS = new Map<unknown, Reason>([
  ["ENOSPC", full],
  ["EDQUOT", (where) => `your quota on the disk of ${where} is used up: free some space`],
  ["EROFS", readOnly],
  ["EFBIG", tooLarge],
  ["EACCES", (where) => `this user may not use ${where}: choose another folder`],
  ["ENOTDIR", (where) => `${where} leads through a file, which is no folder: choose another folder`],
  [8, readOnly],
  [10, broken],
  [13, full],
]);

/** SQLite's code of an error, 0 for one of another kind. Its low byte: extended codes add to the others. */
export function sqliteCode(error: unknown): number {
  return ((error as { errcode?: number } | null)?.errcode ?? 0) & 0xff;
}

/** The error itself, or, where it came of the disk, one that says so. `where`: what was written to, if the error does not name it. */
export function explainDisk(error: unknown, where = "the present folder"): unknown {
  const { code, path, dest } = (error ?? {}) as NodeJS.ErrnoException & { dest?: string };
  const reason = REASONS.get(code) ?? REASONS.get(sqliteCode(error));
  if (!reason) return error;
  return new Error(`${reason(dest ?? path ?? where)}, then run the same command again`, { cause: error });
}
