/** A file of this machine as a job's input. */
import { createReadStream, statSync } from "node:fs";
import { readOpening } from "../../functions/prepare-job/header.ts";
import type { InputSource } from "../../shared/streams/input-kind.ts";
import { openReader } from "../../shared/streams/reader.ts";

const READ_BYTES = 1024 * 1024;

/** The bytes of a file. */
export function fileSource(file: string): InputSource {
  return {
    name: file,
    bytes: statSync(file).size,
    async *open(start, to) {
      const end = to === undefined ? Number.POSITIVE_INFINITY : to - 1;
      if (start <= end) yield* createReadStream(file, { start, end, highWaterMark: READ_BYTES });
    },
  };
}

/**
 * The settings in a file's first line, or none. What is wrong with them, or with the file, is for
 * `prepare-job` to say: here they only say which provider's key will be needed.
 */
export async function readJobHeader(file: string): Promise<Record<string, unknown>> {
  try {
    return (await readOpening(await openReader(fileSource(file)))).header?.settings ?? {};
  } catch {
    // The job itself says what is wrong.
    return {};
  }
}
