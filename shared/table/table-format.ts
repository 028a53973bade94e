/** Tables of results in the formats that there are: written in parts, which can be joined. */
import { stringify } from "csv-stringify/sync";
import type { Cell, Column } from "./columns.ts";
import { footerOf, type Groups, GroupWriter, MAGIC } from "./parquet-file.ts";

export type TableFormat = "csv" | "parquet";

/** Makes the bytes of a part of a table: rows that follow each other. */
export interface PartWriter {
  rows(rows: readonly (readonly Cell[])[]): Promise<Buffer>;
  /** What it leaves for the end of the table. */
  end(): Promise<Groups>;
}

/** One format: what stands before all parts, the parts, and what stands behind them. */
export interface Format {
  contentType: string;
  open(columns: readonly Column[]): Buffer;
  part(columns: readonly Column[]): PartWriter;
  close(columns: readonly Column[], parts: readonly Groups[]): Promise<Buffer>;
}

const NOTHING = Buffer.alloc(0);

export const FORMATS: Readonly<Record<TableFormat, Format>> = {
  csv: {
    contentType: "text/csv; charset=utf-8",
    open: (columns) => Buffer.from(csvRows([columns.map(({ name }) => name)])),
    part: () => ({
      rows: async (rows) => Buffer.from(csvRows(rows)),
      end: async () => ({ bytes: 0, footer: NOTHING }),
    }),
    close: async () => NOTHING,
  },
  parquet: {
    contentType: "application/vnd.apache.parquet",
    open: () => MAGIC,
    part(columns) {
      const writer = new GroupWriter(columns);
      return { rows: (rows) => writer.group(rows), end: () => writer.end() };
    },
    close: footerOf,
  },
};

/**
 * Rows as CSV (RFC 4180, with `\n`). Every text is as it is: a key that was changed for a spreadsheet would join to
 * nothing. Lone carriage returns are quoted, too: pandas would end a row at one.
 */
function csvRows(rows: readonly (readonly Cell[])[]): string {
  const texts = rows.map((row) =>
    row.map((cell) => (Array.isArray(cell) ? JSON.stringify(cell) : cell === null ? null : String(cell))),
  );
  return stringify(texts, { quoted_match: /[\r\n]/ });
}
