/** The rows of a results file, as a stream. */
import { createReadStream } from "node:fs";
import type { BatchResult } from "../../shared/models.ts";
import { MAX_ROW_BYTES } from "../../shared/objects/row-lines.ts";
import { splitLines } from "../../shared/streams/jsonl.ts";

const READ_BYTES = 1024 * 1024;

/** Reads `results.jsonl`. The file is ours, and was checked when it was written. */
export async function* readResults(file: string): AsyncGenerator<BatchResult> {
  for await (const text of readResultTexts(file)) yield JSON.parse(text);
}

/** The lines of `results.jsonl`, or of another file of JSON lines, without those that are empty. */
export async function* readResultTexts(file: string): AsyncGenerator<string> {
  const chunks = createReadStream(file, { highWaterMark: READ_BYTES });
  for await (const lines of splitLines(chunks, MAX_ROW_BYTES)) {
    for (const line of lines) if (!line.tooLong && line.bytes.length > 0) yield line.bytes.toString("utf8");
  }
}
