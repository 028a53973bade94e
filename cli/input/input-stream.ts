/** A file of this machine as a job's input. */
import { createReadStream } from "node:fs";
import { readHeader } from "../../functions/prepare-job/header.ts";
import { plainBytes } from "../../shared/objects/input.ts";

const READ_BYTES = 1024 * 1024;

/** The plain bytes of a file that may be gzip. */
export function openFile(file: string): AsyncIterable<Uint8Array> {
  return plainBytes(createReadStream(file, { highWaterMark: READ_BYTES }));
}

/**
 * The settings in a file's first line, or none. What is wrong with them, or with the file, is for
 * `prepare-job` to say: here they only tell which provider's key will be needed.
 */
export async function readJobHeader(file: string): Promise<Record<string, unknown>> {
  try {
    return (await readHeader(openFile(file)))?.settings ?? {};
  } catch {
    // Not gzip: told by the job itself.
    return {};
  }
}
