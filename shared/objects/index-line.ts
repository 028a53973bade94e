/**
 * A batch's index: one line for every input line of the batch, in input order. It is all that is
 * needed to join answers back to lines.
 */
import type { BatchResult } from "../models.ts";
import { splitLines } from "../streams/jsonl.ts";
import { Utf8Text } from "../streams/utf8-text.ts";
import { indexKey } from "./keys.ts";
import { openObject } from "./objects.ts";

/**
 * `[line, custom_id]` for a line that was sent, with the error third for an invalid one. Fourth are the carried columns, the
 * JSON text of an object: text, as parsing it would lose digits. The collector writes it into the result as it is.
 * Fifth is the prompt, cut, of a line that the report may show.
 */
export type IndexEntry = [
  line: number,
  custom_id: string,
  error?: string | undefined,
  input?: string | undefined,
  prompt?: string | undefined,
];

/** One entry as a line of the index file. */
export function formatEntry([line, custom_id, error, input, prompt]: IndexEntry): string {
  return String(addEntry(new Utf8Text(), line, custom_id, { error, input, prompt }));
}

/** Appends a line of the index file: the entry as JSON, and the carried columns behind a tab. */
export function addEntry(
  text: Utf8Text,
  line: number,
  custom_id: string,
  {
    error,
    input,
    prompt,
  }: { error?: string | undefined; input?: string | Utf8Text | undefined; prompt?: string | undefined },
): Utf8Text {
  text.add("[").add(String(line)).add(",").add(JSON.stringify(custom_id));
  if (error !== undefined || prompt !== undefined) text.add(",").add(JSON.stringify(error ?? null));
  if (prompt !== undefined) text.add(",").add(JSON.stringify(prompt));
  text.add("]");
  if (input !== undefined) text.add("\t").addAll(input);
  return text.add("\n");
}

const TAB = 0x09;

/** The entry on a line of an index file; the file is ours, so a bad line is a bug and throws. */
export function parseEntry(bytes: Buffer): IndexEntry {
  // `JSON.stringify` writes no tab, so the first one ends the entry.
  const tab = bytes.indexOf(TAB);
  const text = bytes.toString("utf8", 0, tab === -1 ? bytes.length : tab);
  const [line, custom_id, error, prompt]: [number, string, (string | null)?, string?] = JSON.parse(text);
  const input = tab === -1 ? undefined : bytes.toString("utf8", tab + 1);
  return [line, custom_id, error ?? undefined, input, prompt];
}

/** How a line's result begins in `results.jsonl`, up to the comma before `status`. */
export function resultHead([line, custom_id, , input]: IndexEntry): string {
  const carried = input === undefined ? "" : `"input":${input},`;
  return `{"line":${line},"custom_id":${JSON.stringify(custom_id)},${carried}`;
}

/** The line of a result that begins as `resultHead` writes it. */
export const resultLine = (result: Buffer) =>
  Number.parseInt(result.toString("latin1", '{"line":'.length, 24), 10);

/** Bytes of an index line. Its `custom_id` and carried columns come from an input line of 20 MB at most, and are escaped. */
const MAX_INDEX_LINE = 160 * 1024 * 1024;

/** The entries of a batch's index, in input order, a chunk's at a time. */
export async function* readIndex(job_id: string, batch: number): AsyncGenerator<IndexEntry[]> {
  for await (const lines of splitLines(await openObject(indexKey(job_id, batch)), MAX_INDEX_LINE))
    yield lines.flatMap((line) => (line.tooLong ? [] : [parseEntry(line.bytes)]));
}

/** The result of an index entry that got no answer, as a line of `results.jsonl` without its end. */
export function unanswered(entry: IndexEntry, status: BatchResult["status"], error: string): string {
  const { raw, response }: Pick<BatchResult, "raw" | "response"> = { response: null, raw: null };
  return resultHead(entry) + JSON.stringify({ status, response, error, raw }).slice(1);
}
