/** The rows of a results file, as a stream. */
import { createReadStream } from "node:fs";
import type { BatchResult } from "../../shared/models.ts";
import { splitLines } from "../../shared/streams/jsonl.ts";

/** A row is an answer with its raw form; the providers bound it long before this. */
const MAX_ROW_BYTES = 512 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;

/** Reads `results.jsonl`. The file is ours, and was checked when it was written. */
export async function* readResults(file: string): AsyncGenerator<BatchResult> {
  for await (const lines of splitLines(
    createReadStream(file, { highWaterMark: READ_BYTES }),
    MAX_ROW_BYTES,
  )) {
    for (const line of lines) if (!line.tooLong) yield JSON.parse(line.bytes.toString("utf8"));
  }
}
