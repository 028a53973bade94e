/** Rows of a job's results, a page at a time, from any byte of the file. Memory and time do not grow with the file. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { sourceAt } from "../../shared/json/source.ts";
import type { BatchResult } from "../../shared/models.ts";
import { type JsonlLine, splitLines } from "../../shared/streams/jsonl.ts";
import type { RowsFile } from "../results/collected-rows.ts";

/** A row as its JSON text; a very long one only says where it is. */
interface RowText {
  /** Its first byte in the file. */
  start: number;
  text: string;
}

export interface RowPage {
  rows: RowText[];
  /** The byte behind what was read: the next page begins there. */
  next: number;
  /** Bytes of the file. */
  size: number;
}

export interface RowQuery {
  /** A byte of the file; reading begins with the first row that begins there or behind it. */
  from: number;
  count: number;
  /** Text that the row's JSON must contain. */
  text?: string;
  /** `succeeded`, `failed`, … */
  status?: string;
  /** A field of the answer, or else of `input` or of the row, such as `address.city`. `value`: the text that it must be. */
  field?: string;
  value?: string;
}

/** A longer row is not sent to the page. */
const MOST_ROW_BYTES = 256 * 1024;
/** Bytes that one request scans for rows that match: a page shows how far it came. */
const SCAN_BYTES = 512 * 1024 * 1024;
/** Bytes from the end in which the last rows are looked for. */
const TAIL_BYTES = 32 * 1024 * 1024;
/** Milliseconds after which a scan stops, so that a page can show what was found. */
const SCAN_MS = 400;
/** Bytes that are read before their buffers are freed. */
const FREED_EVERY = 4 * 1024 * 1024;
const LF = 10;

/** Buffers lie outside of V8's heap, and few objects inside make V8 collect them too late: with this, memory stays flat. */
const freeBuffers: () => void = (() => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as (options: { type: "minor" }) => void;
  return () => collect({ type: "minor" });
})();

export async function readPage(file: RowsFile, query: RowQuery): Promise<RowPage> {
  const size = file.bytes;
  const from = Math.min(Math.max(0, query.from), size);
  const page: RowPage = { rows: [], next: size, size };
  if (from === size) return page;
  // One byte earlier: a row begins at `from` exactly when a line ends just before it.
  const begin = Math.max(0, from - 1);
  const body = await file.open(begin);
  const deadline = Date.now() + SCAN_MS;
  try {
    let skip = from > 0;
    let freed = from;
    for await (const lines of splitLines(body, MOST_ROW_BYTES, { number: 1, start: begin })) {
      for (const line of lines) {
        if (skip) {
          skip = false;
          continue;
        }
        page.next = line.start + lengthOf(line) + 1;
        const isReplaced = !line.tooLong && file.isReplaced?.(line.bytes, line.start);
        if (!isReplaced && matches(line, query)) page.rows.push({ start: line.start, text: textOf(line) });
        if (page.rows.length === query.count) return page;
      }
      if (page.next - from > SCAN_BYTES || Date.now() > deadline) return page;
      if (page.next - freed > FREED_EVERY) {
        freed = page.next;
        freeBuffers();
      }
    }
    page.next = size;
    return page;
  } finally {
    body.destroy();
  }
}

/** Where the last rows begin: a byte from which about `count` rows follow, or fewer long ones. */
export async function lastRows(file: RowsFile, count: number): Promise<number> {
  const size = file.bytes;
  for (let bytes = 64 * 1024; ; bytes *= 8) {
    const begin = Math.max(0, size - bytes);
    const chunks: Buffer[] = [];
    for await (const chunk of await file.open(begin)) chunks.push(chunk);
    const tail = Buffer.concat(chunks);
    // The last byte ends the last row.
    let at = tail.length - 1;
    let rows = 0;
    while (rows < count && at > 0) {
      at = tail.lastIndexOf(LF, at - 1);
      if (at === -1) break;
      rows++;
    }
    if (rows === count) return begin + at + 1;
    if (begin === 0 || bytes >= TAIL_BYTES) return begin;
  }
}

function lengthOf(line: JsonlLine): number {
  return line.tooLong ? line.length : line.bytes.length;
}

function matches(line: JsonlLine, { text, status, field, value = "" }: RowQuery): boolean {
  if (!text && !status && !field) return true;
  if (line.tooLong) return false;
  if (status && !hasStatus(line.bytes, `"${status}"`)) return false;
  if (text && !line.bytes.includes(inJson(text))) return false;
  // Most rows that do not match are found without being parsed.
  if (!field) return true;
  if (!line.bytes.includes(inJson(value))) return false;
  const row: BatchResult = JSON.parse(line.bytes.toString("utf8"));
  return [row.response?.parsed, row.input, row].some((place) => textAt(place, field) === value);
}

/** Whether it is the row's own: what was carried or answered may have a `status`, too. Most rows need no closer look. */
function hasStatus(bytes: Buffer, status: string): boolean {
  return bytes.includes(`"status":${status}`) && sourceAt(bytes.toString("utf8"), "status") === status;
}

/** A text as it stands inside a string of JSON. */
const inJson = (text: string) => JSON.stringify(text).slice(1, -1);

/** The value of a field, by the way to it, as text. */
function textAt(place: unknown, path: string): string | undefined {
  if (typeof place !== "object" || place === null) return undefined;
  const own = Object.getOwnPropertyDescriptor(place, path)?.value;
  if (own !== undefined) return typeof own === "object" ? JSON.stringify(own) : String(own);
  const dot = path.indexOf(".");
  if (dot === -1) return undefined;
  return textAt(Object.getOwnPropertyDescriptor(place, path.slice(0, dot))?.value, path.slice(dot + 1));
}

function textOf(line: JsonlLine): string {
  return line.tooLong ? `{"tooLong":${line.length}}` : line.bytes.toString("utf8");
}
