/** The file that a job is made of, checked before anything starts. */
import { stat } from "node:fs/promises";
import { UsageError } from "../exit-codes.ts";

/** @throws UsageError when the file is not there, or is nothing that can be read again */
export async function checkFile(file: string): Promise<void> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      error.code === "ENOENT" ? `there is no file ${file}` : `${file} cannot be read: ${error.message}`,
    );
  });
  if (found.isDirectory())
    throw new UsageError(
      `${file} is a directory; give its files, as in '${file.replace(/\/$/, "")}/*.parquet'`,
    );
  if (!found.isFile())
    throw new UsageError(`${file} is not a regular file; its content must be there to be read again`);
}
