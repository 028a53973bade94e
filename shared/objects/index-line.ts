/**
 * A batch's index: one line for every input line of the batch, in input order. It is all that is
 * needed to join answers back to lines.
 */

import type { BatchResult } from "../models.ts";
import { splitLines } from "../streams/jsonl.ts";
import { indexKey } from "./keys.ts";
import { openObject } from "./objects.ts";

/** `[line, custom_id]` for a line that was sent, `[line, custom_id, error]` for an invalid one. */
export type IndexEntry = [line: number, custom_id: string] | [line: number, custom_id: string, error: string];

/** One entry as a line of the index file. */
export function formatEntry(entry: IndexEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

/** The entry on a line of an index file; the file is ours, so a bad line is a bug and throws. */
export function parseEntry(bytes: Buffer): IndexEntry {
  return JSON.parse(bytes.toString("utf8"));
}

/** Lines of an index are short but for the user's `custom_id`, part of an input line of 20 MB at most, escaped. */
const MAX_INDEX_LINE = 64 * 1024 * 1024;

/** The entries of a batch's index, in input order. */
export async function* readIndex(job_id: string, batch: number): AsyncGenerator<IndexEntry> {
  for await (const lines of splitLines(await openObject(indexKey(job_id, batch)), MAX_INDEX_LINE)) {
    for (const line of lines) if (!line.tooLong) yield parseEntry(line.bytes);
  }
}

/** The result of an index entry that got no answer. */
export function unanswered(entry: IndexEntry, status: BatchResult["status"], error: string): BatchResult {
  return { line: entry[0], custom_id: entry[1], status, response: null, error, raw: null };
}
