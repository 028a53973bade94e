import { isUtf8 } from "node:buffer";
import { isTooDeep, MAX_DEPTH } from "../json/source.ts";

/** One physical line of a JSONL stream. */
export type JsonlLine =
  | {
      /** Its position in the stream, from 1; blank lines count. */
      number: number;
      /** The byte of the stream at which it begins. */
      start: number;
      /** The line without its `\n` or `\r\n`. May share memory with the chunk it came in. */
      bytes: Buffer;
      tooLong?: undefined;
    }
  | {
      number: number;
      start: number;
      bytes?: undefined;
      /** The line is longer than the limit; its bytes were dropped as they came. */
      tooLong: true;
      /** How long it is, in bytes. */
      length: number;
    };

/** A position in a stream: the number of lines, or rows, before it, and its byte offset. */
export interface LinePosition {
  number: number;
  start: number;
}

const LF = 10;
const CR = 13;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Splits a stream of bytes into lines on the byte `\n` only: U+2028, U+2029 and U+0085 are valid
 * inside JSON strings, and `node:readline` would split there. One trailing `\r` and a UTF-8 byte
 * order mark before a line are dropped. Files that were put together by `cat` have marks in the middle. The last line may lack its `\n`.
 *
 * Yields the lines of one chunk at a time: a promise a line costs more than the splitting. Holds
 * at most one chunk and one line of `maxLineBytes`. `from`: the lines and bytes before a stream that
 * does not begin at the beginning.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
  from: LinePosition = { number: 0, start: 0 },
): AsyncGenerator<JsonlLine[]> {
  const open = new OpenLine(maxLineBytes);
  let number = from.number;
  let lineStart = from.start;
  let chunkStart = from.start;
  for await (const data of chunks) {
    const chunk = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const lines: JsonlLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      lines.push(open.whole(chunk, start, end, ++number, lineStart));
      start = end + 1;
      lineStart = chunkStart + start;
    }
    chunkStart += chunk.length;
    if (start < chunk.length) open.add(chunk.subarray(start));
    if (lines.length > 0) yield lines;
  }
  if (open.length > 0) {
    const last = open.close(number + 1, lineStart);
    // Nothing but a byte order mark or a lone CR is no line.
    if (last.tooLong || last.bytes.length > 0) yield [last];
  }
}

/** The line being read, in the pieces in which it comes. */
class OpenLine {
  readonly #limit: number;
  #pieces: Buffer[] = [];
  #lastByte = 0;
  /** Bytes so far, those dropped included. */
  length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(piece: Buffer): void {
    if (piece.length === 0) return;
    this.length += piece.length;
    this.#lastByte = piece[piece.length - 1] ?? 0;
    // The margin is what `close` may still take off: a byte order mark and a CR.
    if (this.length > this.#limit + BOM.length + 1) this.#pieces = [];
    else this.#pieces.push(piece);
  }

  /** The line that ends at `end` of a chunk, from `start` on or from what was added before. */
  whole(chunk: Buffer, start: number, end: number, number: number, lineStart: number): JsonlLine {
    const length = end - start;
    // Nearly always: one view of the chunk, and no more.
    if (this.length === 0 && length > 0 && length <= this.#limit && chunk[start] !== BOM[0])
      return {
        number,
        start: lineStart,
        bytes: chunk.subarray(start, chunk[end - 1] === CR ? end - 1 : end),
      };
    this.add(chunk.subarray(start, end));
    return this.close(number, lineStart);
  }

  /** Ends the line and starts the next. */
  close(number: number, lineStart: number): JsonlLine {
    const whole = this.length <= this.#limit + BOM.length + 1;
    const length = this.length - (this.#lastByte === CR ? 1 : 0);
    const first = this.#pieces[0];
    const joined = this.#pieces.length > 1 ? Buffer.concat(this.#pieces) : (first ?? Buffer.alloc(0));
    this.#pieces = [];
    this.#lastByte = 0;
    this.length = 0;
    if (!whole) return { number, start: lineStart, tooLong: true, length };
    const start = joined[0] === BOM[0] && joined.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
    const bytes = joined.subarray(start, length);
    return bytes.length > this.#limit
      ? { number, start: lineStart, tooLong: true, length: bytes.length }
      : { number, start: lineStart, bytes };
  }
}

/** An integer that a double may not hold exactly; digits after a point do not count. */
const LONG_INTEGER = /(?<![.\d])\d{16}/;

const LONG = 16;

/**
 * Whether there may be such an integer, by every 16th byte: none so long lies between two
 * of them. Four times as fast as the expression, which reads all of an answer for the few that have one.
 */
function mayHaveLongInteger(bytes: Buffer): boolean {
  for (let at = LONG - 1; at < bytes.length; at += LONG) {
    if (!isDigit(bytes[at])) continue;
    let first = at;
    let last = at;
    while (isDigit(bytes[first - 1])) first--;
    while (isDigit(bytes[last + 1])) last++;
    if (last - first >= LONG - 1) return true;
  }
  return false;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

/** JSON source text access (Node 21+), which TypeScript's library does not have yet. */
const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): boolean;
};

/** Whether a value is an integer too long for a double, as `parseLine` gives it. */
export const isLongInteger = (value: unknown): boolean => isRawJSON(value);

/** Keeps the digits of an integer that a double would round: ids in tool calls have 19. */
function keepLongInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d+$/.test(source) ? rawJSON(source) : value;
}

/** The text of a line. @throws SyntaxError when its bytes are not UTF-8 */
export function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new SyntaxError("not valid UTF-8");
  return bytes.toString("utf8");
}

/**
 * The JSON value of a line of input, and its text. Integers too long for a double come as `JSON.rawJSON`: writing the
 * value out again gives the same digits.
 * @throws SyntaxError that says what is wrong; also for more than `MAX_DEPTH` levels
 */
export function parseLine(bytes: Buffer): { value: unknown; text: string } {
  const text = textOf(bytes);
  if (isTooDeep(text)) throw new SyntaxError(`nested deeper than ${MAX_DEPTH} levels of objects and lists`);
  const long = mayHaveLongInteger(bytes) && LONG_INTEGER.test(text);
  return { value: parseJson(text, long ? keepLongInteger : undefined), text };
}

/**
 * The JSON value of a text.
 * @throws SyntaxError that says what is wrong without quoting the text, as V8's own message does.
 * Lines hold prompts and answers, and error messages are stored
 */
export function parseJson(text: string, reviver?: Parameters<typeof JSON.parse>[1]): unknown {
  try {
    return JSON.parse(text, reviver);
  } catch (error) {
    const position = /at position (\d+)/.exec(error instanceof Error ? error.message : "")?.[1];
    throw new SyntaxError(
      position === undefined ? "not valid JSON" : `not valid JSON at character ${position}`,
    );
  }
}
