/** What a person wants to know of a results file, read as a stream. */
import { createReadStream } from "node:fs";
import { splitLines } from "../../shared/jsonl.ts";
import type { BatchResult } from "../../shared/models.ts";

/** A few answers, and the errors by how often they came. */
export interface ResultDigest {
  samples: { custom_id: string; content: string }[];
  /** The most frequent first. */
  errors: { error: string; count: number }[];
}

const SAMPLES = 3;
const ERRORS_SHOWN = 5;
/** Different errors that are counted; later ones come under `OTHER`. It bounds memory. */
const MAX_ERRORS = 1000;
const OTHER = "other errors";
/** A row is an answer with its raw form; the providers bound it long before this. */
const MAX_ROW_BYTES = 512 * 1024 * 1024;
/** The file is ours, and was checked when it was written. */
type Row = Pick<BatchResult, "custom_id" | "error" | "response">;

/** Reads `results.jsonl`. */
export async function digestResults(file: string): Promise<ResultDigest> {
  const samples: ResultDigest["samples"] = [];
  const counts = new Map<string, number>();
  for await (const lines of splitLines(
    createReadStream(file, { highWaterMark: 1024 * 1024 }),
    MAX_ROW_BYTES,
  )) {
    for (const line of lines) {
      if (line.tooLong) continue;
      const row: Row = JSON.parse(line.bytes.toString("utf8"));
      if (row.error === null) {
        if (samples.length < SAMPLES)
          samples.push({ custom_id: row.custom_id, content: row.response?.content ?? "" });
      } else {
        const error = family(row.error);
        const known = counts.has(error) || counts.size < MAX_ERRORS ? error : OTHER;
        counts.set(known, (counts.get(known) ?? 0) + 1);
      }
    }
  }
  const errors = [...counts].map(([error, count]) => ({ error, count }));
  errors.sort((a, b) => b.count - a.count);
  return { samples, errors: errors.slice(0, ERRORS_SHOWN) };
}

/** An error without what differs from line to line, so that the same mistake counts as one. */
export function family(error: string): string {
  return error
    .replace(/^line \d+: /, "")
    .replace(/\b(character|line) \d+/g, "$1 N")
    .replace(/\b\d+ bytes\b/g, "N bytes");
}
