/** The files that a job is made of, checked before anything starts. */
import { readFileSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { messageOf } from "../../shared/errors.ts";
import { UsageError } from "../exit-codes.ts";

/** The ending of a file that can be read. */
const DATA = /\.(csv|tsv|parquet|jsonl|ndjson|json)(\.(gz|zst))?$/i;

/** @throws UsageError when the file is not there, or is nothing that can be read again */
export async function checkFile(file: string): Promise<void> {
  const found = await stat(file).catch((error) => {
    throw unreadable(file, error);
  });
  if (found.isDirectory()) {
    const names = await readdir(file);
    const ending = names.find((name) => DATA.test(name))?.match(DATA)?.[0] ?? ".parquet";
    throw new UsageError(
      `${file} is a directory; give its files, as in '${file.replace(/\/$/, "")}/*${ending}'`,
    );
  }
  if (!found.isFile())
    throw new UsageError(`${file} is not a regular file; its content must be there to be read again`);
}

/** A text without its byte order mark. @throws UsageError when the file cannot be read */
export function textFile(file: string): string {
  try {
    return readFileSync(file, "utf8").replace(/^\ufeff/, "");
  } catch (error) {
    throw unreadable(file, error);
  }
}

export function unreadable(file: string, error: unknown): UsageError {
  const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
  return new UsageError(
    isMissing ? `there is no file ${file}` : `${file} cannot be read: ${messageOf(error)}`,
  );
}
