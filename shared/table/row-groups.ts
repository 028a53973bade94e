/** Rows of results as cells, so many at a time that they fit into memory. */
import { MAX_ROW_BYTES } from "../objects/row-lines.ts";
import { splitLines } from "../streams/jsonl.ts";
import { type Cell, type Column, RowText } from "./columns.ts";

/** Rows that are held at once. A row group of the Parquet file ends with them, or with so many bytes of results. */
const GROUP_ROWS = 10_000;
const GROUP_BYTES = 8 * 1024 * 1024;

/** The rows of files of results, one behind the other, in groups; the last may be empty. */
export async function* rowGroups(
  files: Iterable<() => Promise<AsyncIterable<Uint8Array>>>,
  columns: readonly Column[],
): AsyncGenerator<Cell[][]> {
  let rows: Cell[][] = [];
  let bytes = 0;
  for (const open of files) {
    for await (const lines of splitLines(await open(), MAX_ROW_BYTES)) {
      for (const line of lines) {
        if (line.tooLong) continue;
        const row = new RowText(line.bytes.toString("utf8"));
        rows.push(columns.map(({ cell }) => cell(row)));
        bytes += line.bytes.length;
        if (rows.length < GROUP_ROWS && bytes < GROUP_BYTES) continue;
        yield rows;
        rows = [];
        bytes = 0;
      }
    }
  }
  yield rows;
}
