/** Tables of results in the formats that there are: written in parts, which can be joined. */
import type { Cell, Column } from "./columns.ts";
import { csvRows } from "./csv.ts";
import { footerOf, type Groups, GroupWriter, MAGIC } from "./parquet-file.ts";

export type TableFormat = "csv" | "parquet";

/** What a part of a table leaves for the end of the table. */
export type PartEnd = Groups;

/** Makes the bytes of a part of a table: rows that follow each other. */
export interface PartWriter {
  rows(rows: readonly (readonly Cell[])[]): Promise<Buffer>;
  end(): Promise<PartEnd>;
}

/** One format: what stands before all parts, the parts, and what stands behind them. */
export interface Format {
  contentType: string;
  open(columns: readonly Column[]): Buffer;
  part(columns: readonly Column[]): PartWriter;
  close(columns: readonly Column[], parts: readonly PartEnd[]): Promise<Buffer>;
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
