/** The rows of an input, whatever its format: from any position at which an earlier run stopped. */
import { InvalidJobError } from "../errors.ts";
import { type CsvTable, csvRows } from "./csv.ts";
import { type InputKind, type InputSource, inputKind } from "./input-kind.ts";
import { arrayElements } from "./json-array.ts";
import { type JsonlLine, type LinePosition, splitLines } from "./jsonl.ts";
import type { InputCell, InputColumn } from "./parquet.ts";
import { skipBytes } from "./skip-bytes.ts";
import { inUtf8, unpacked } from "./unpack.ts";

/** Longest line or row of an input, in bytes; a longer line is an invalid one. */
export const MAX_LINE_BYTES = 20 * 1024 * 1024;

/**
 * A row: a line of JSON; the cells of a table's row, in the order of the columns; or what is wrong with it. `start` is where
 * it begins: a byte of the plain text, or the rows before it in Parquet.
 */
export type InputRow =
  | JsonlLine
  | ({ number: number; start: number; bytes?: undefined; tooLong?: undefined } & (
      | { cells: readonly InputCell[]; problem?: undefined }
      | { problem: string; cells?: undefined }
    ));

/** An input that can be read. */
export interface InputReader {
  source: InputSource;
  kind: InputKind;
  /** What a row's number counts, for a person. */
  unit: "line" | "row";
  /** The columns of CSV and Parquet; null where each row is a JSON object of its own. */
  columns: readonly InputColumn[] | null;
  /** The rows behind a position, a chunk's at a time, with the cells of these columns. */
  rows(from: LinePosition, columns?: readonly string[]): AsyncIterable<InputRow[]>;
}

/** The beginning of an input. */
export const START: Readonly<LinePosition> = { number: 0, start: 0 };

/** @throws InvalidJobError in one sentence when nothing can be read: what it is, and what to do */
export async function openReader(source: InputSource): Promise<InputReader> {
  const kind = await inputKind(source);
  switch (kind.shape) {
    case "jsonl":
      return {
        source,
        kind,
        unit: "line",
        columns: null,
        rows: (from) => splitLines(utf8Bytes(source, kind, from.start), MAX_LINE_BYTES, from),
      };
    case "array":
      return {
        source,
        kind,
        unit: "row",
        columns: null,
        rows: (from) => arrayElements(utf8Bytes(source, kind, from.start), source.name, MAX_LINE_BYTES, from),
      };
    case "csv":
      return csvReader(source, kind);
    case "parquet":
      return parquetReader(source, kind);
  }
}

/** The text of an input in UTF-8, from a byte of it on. */
export async function* utf8Bytes(
  source: InputSource,
  { packing, encoding }: InputKind,
  from: number,
): AsyncGenerator<Uint8Array> {
  // Only plain UTF-8 can be read from the middle.
  if (packing === "plain" && encoding === "utf-8") yield* source.open(from);
  else yield* skipBytes(inUtf8(unpacked(source, packing), encoding), from);
}

async function csvReader(source: InputSource, kind: InputKind): Promise<InputReader> {
  const table: CsvTable = { name: source.name, delimiter: kind.delimiter, maxRowBytes: MAX_LINE_BYTES };
  // The header of a table is its row 0.
  const beforeHeader: LinePosition = { number: -1, start: kind.skip };
  const names = await headerOf(source, kind, table, beforeHeader);
  requireDistinct(source, names);
  const width = names.length;
  return {
    source,
    kind,
    unit: "row",
    columns: names.map((name) => ({ name, isJson: false })),
    rows: (from, columns = names) => {
      // The header is no row. It is read again from the beginning, and passed over.
      const isStart = from.start === 0;
      const start = isStart ? beforeHeader : from;
      const all = csvRows(utf8Bytes(source, kind, start.start), { ...table, width }, start);
      return selected(
        all,
        columns.map((name) => names.indexOf(name)),
        isStart,
      );
    },
  };
}

async function headerOf(
  source: InputSource,
  kind: InputKind,
  table: CsvTable,
  from: LinePosition,
): Promise<string[]> {
  for await (const [header] of csvRows(utf8Bytes(source, kind, from.start), table, from)) {
    if (!header || "problem" in header) break;
    return header.cells.map((name, at) => name.trim() || `column_${at + 1}`);
  }
  throw new InvalidJobError(`${source.name} has no header: the first line of a CSV file names its columns`);
}

/** Rows with only the wanted fields. */
async function* selected(
  chunks: ReturnType<typeof csvRows>,
  fields: readonly number[],
  withHeader: boolean,
): AsyncGenerator<InputRow[]> {
  const isAll = fields.every((field, at) => field === at);
  let skip = withHeader;
  for await (const rows of chunks) {
    const wanted = skip ? rows.slice(1) : rows;
    skip = false;
    yield isAll
      ? wanted
      : wanted.map((row) =>
          "problem" in row ? row : { ...row, cells: fields.map((field) => row.cells[field] ?? null) },
        );
  }
}

async function parquetReader(source: InputSource, kind: InputKind): Promise<InputReader> {
  // Only a job of such a file carries the library.
  const { ParquetFile } = await import("./parquet.ts");
  const file = await ParquetFile.open(source);
  requireDistinct(
    source,
    file.columns.map(({ name }) => name),
  );
  const readable = file.columns.filter(({ problem }) => problem === undefined).map(({ name }) => name);
  return {
    source,
    kind,
    unit: "row",
    columns: file.columns,
    rows: ({ start }, columns = readable) => file.rows(columns, start),
  };
}

function requireDistinct({ name: file }: InputSource, names: readonly string[]): void {
  const twice = names.findIndex((name, at) => names.indexOf(name) !== at);
  if (twice === -1) return;
  const name = names[twice] as string;
  throw new InvalidJobError(
    `${file} has two columns called ${JSON.stringify(name)}, the ${names.indexOf(name) + 1}. and the ${twice + 1}.; rename one of them`,
  );
}
