/** Files of the data folder that are not as Nightshift left them. */
import { sqliteCode } from "../disk-error.ts";

/** Nothing is sent while the folder is so: what was paid for may be in the part that cannot be read. */
export class DamagedFolderError extends Error {
  override name = "DamagedFolderError";

  constructor(file: string, what: string, options?: ErrorOptions) {
    super(
      `${file} is damaged: ${what}. Nothing was sent. Restore the folder from a backup, or give another one with --data-dir: jobs then start anew, and are paid again`,
      options,
    );
  }
}

/** SQLite's codes for a file that is no database, or a broken one: https://sqlite.org/rescode.html */
const [CORRUPT, NOT_A_DATABASE] = [11, 26];

/** Runs a piece of work on the database in `file`. @throws DamagedFolderError when SQLite finds the file broken */
export function undamaged<Result>(file: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if ([CORRUPT, NOT_A_DATABASE].includes(sqliteCode(error)))
      throw new DamagedFolderError(file, (error as Error).message, { cause: error });
    throw error;
  }
}
