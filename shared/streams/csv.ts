/**
 * CSV as RFC 4180 has it, and as pandas, Excel and DuckDB write it. Fields are texts as they are written. A quote
 * within a field that does not begin with one is a character like others. Each row begins at a known byte, so that
 * reading can resume there. A library gives no such byte for every kind of row. It takes more CPU than all the rest of
 * preparing a job.
 */
import { isUtf8 } from "node:buffer";
import { InvalidJobError } from "../errors.ts";
import { type JsonlLine, type LinePosition, splitLines } from "./jsonl.ts";

/** A row of a table: its fields, or what is wrong with it. */
export type CsvRow = { number: number; start: number } & ({ cells: string[] } | { problem: string });

const QUOTE = '"';

/** The delimiter of a CSV text, by its first line: the one of `,` `;` tab `|` that it has most often outside quotes. */
export function delimiterOf(text: string): string {
  const line = (text.split(/\r?\n/, 1)[0] ?? "").replace(/"[^"]*"/g, "");
  const count = (delimiter: string) => line.split(delimiter).length;
  return [",", ";", "\t", "|"].reduce((best, next) => (count(next) > count(best) ? next : best));
}

export interface CsvTable {
  /** The file's name for a person. */
  name: string;
  delimiter: string;
  /** Longest row in bytes. */
  maxRowBytes: number;
  /** Fields of a row; undefined for the first, the header. */
  width?: number;
}

/**
 * The rows of a table, a chunk's at a time; empty lines are none.
 * @param from the rows and bytes before the stream's beginning
 * @throws InvalidJobError naming row and line when quotes leave it open where a row ends
 */
export async function* csvRows(
  chunks: AsyncIterable<Uint8Array>,
  { name, delimiter, maxRowBytes, width }: CsvTable,
  from: LinePosition,
): AsyncGenerator<CsvRow[]> {
  let number = from.number;
  let open: OpenRow | undefined;
  for await (const lines of splitLines(chunks, maxRowBytes, from)) {
    const rows: CsvRow[] = [];
    for (const line of lines) {
      open ??= new OpenRow(line.start, placeOf(name, number + 1, line.start), delimiter);
      const bytes = bytesOf(line, open, maxRowBytes);
      if (bytes.length === 0 && open.isEmpty) {
        open = undefined;
        continue;
      }
      if (!open.add(bytes, line.start, maxRowBytes)) continue;
      const { start, fields, isText } = open;
      open = undefined;
      number++;
      rows.push({ number, start, ...rowOf(fields, isText, width) });
    }
    if (rows.length > 0) yield rows;
  }
  open?.refuse("has a quote that opens a field and is never closed");
}

function placeOf(name: string, number: number, start: number): string {
  return number === 0 ? `${name}: the header` : `${name}: row ${number} (at byte ${start})`;
}

function rowOf(cells: string[], isText: boolean, width: number | undefined) {
  if (!isText) return { problem: "not valid UTF-8; save the file as UTF-8" };
  if (width === undefined || cells.length === width) return { cells };
  return { problem: `has ${cells.length} fields, and the header ${width}` };
}

function bytesOf(line: JsonlLine, row: OpenRow, maxRowBytes: number): Buffer {
  return line.tooLong ? row.refuse(`has more than ${maxRowBytes} bytes`) : line.bytes;
}

/** The row that is read, of one line or, where a quoted field holds line ends, of several. */
class OpenRow {
  readonly start: number;
  fields: string[] = [];
  isText = true;
  readonly #name: string;
  readonly #delimiter: string;
  /** Pieces of a quoted field whose end was not seen yet. */
  #quoted: string[] | undefined;
  #end = 0;

  constructor(start: number, name: string, delimiter: string) {
    this.start = start;
    this.#name = name;
    this.#delimiter = delimiter;
  }

  get isEmpty(): boolean {
    return this.fields.length === 0 && this.#quoted === undefined;
  }

  /** @throws InvalidJobError */
  refuse(problem: string): never {
    throw new InvalidJobError(
      `${this.#name} ${problem}; quote a field as "…", and write a quote within it twice`,
    );
  }

  /** Adds a line; whether the row ends with it. */
  add(bytes: Buffer, start: number, maxRowBytes: number): boolean {
    if (!isUtf8(bytes)) this.isText = false;
    const text = bytes.toString("utf8");
    if (this.#quoted) {
      // A line end of two bytes was CRLF.
      this.#quoted.push(start - this.#end > 1 ? "\r\n" : "\n");
      if (start + bytes.length - this.start > maxRowBytes) this.refuse(`has more than ${maxRowBytes} bytes`);
    } else if (!text.includes(QUOTE)) {
      this.fields = text.split(this.#delimiter);
      return true;
    }
    this.#end = start + bytes.length;
    return this.#addQuoted(text);
  }

  #addQuoted(text: string): boolean {
    let at = 0;
    for (;;) {
      if (this.#quoted) {
        const end = closingQuote(text, at);
        this.#quoted.push(text.slice(at, end === -1 ? text.length : end));
        if (end === -1) return false;
        this.fields.push(this.#quoted.join("").replaceAll('""', QUOTE));
        this.#quoted = undefined;
        at = end + 1;
        if (at === text.length) return true;
        if (text[at] !== this.#delimiter)
          this.refuse(`has text behind the closing quote of field ${this.fields.length}`);
        at++;
      } else if (text[at] === QUOTE) {
        this.#quoted = [];
        at++;
      } else {
        const end = text.indexOf(this.#delimiter, at);
        this.fields.push(text.slice(at, end === -1 ? text.length : end));
        if (end === -1) return true;
        at = end + 1;
      }
    }
  }
}

/** The quote that ends a quoted field, from `at` on: one that is not doubled. -1 when there is none. */
function closingQuote(text: string, at: number): number {
  for (let end = text.indexOf(QUOTE, at); end !== -1; end = text.indexOf(QUOTE, end + 2))
    if (text[end + 1] !== QUOTE) return end;
  return -1;
}
