/** The `{"job": {...}}` line that a file may begin with. */
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { MAX_LINE_BYTES } from "../shared/input.ts";
import { parseLine, splitLines } from "../shared/jsonl.ts";

/**
 * The settings in a file's first line, or none. What is wrong with them, or with the file, is for
 * `prepare-job` to say: here they only tell which provider's key will be needed.
 */
export async function readJobHeader(file: string): Promise<Record<string, unknown>> {
  try {
    for await (const lines of splitLines(await openPlain(file), MAX_LINE_BYTES)) {
      for (const line of lines) {
        if (line.tooLong) return {};
        if (line.bytes.toString("latin1").trim() === "") continue;
        return jobOf(parseLine(line.bytes));
      }
    }
  } catch {
    // Not JSON, not gzip: told with its line by the job itself.
  }
  return {};
}

async function openPlain(file: string): Promise<AsyncIterable<Uint8Array>> {
  for await (const first of createReadStream(file, { end: 1 })) {
    const gzip = first[0] === 0x1f && first[1] === 0x8b;
    return gzip ? createReadStream(file).pipe(createGunzip()) : createReadStream(file);
  }
  return createReadStream(file);
}

function jobOf(line: unknown): Record<string, unknown> {
  if (typeof line !== "object" || line === null || Object.keys(line).length !== 1) return {};
  const { job } = line as { job?: unknown };
  return typeof job === "object" && job !== null && !Array.isArray(job)
    ? (job as Record<string, unknown>)
    : {};
}
