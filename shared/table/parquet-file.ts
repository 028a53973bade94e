/** Parquet, written row group by row group. Its columns' types are declared: nothing is guessed from the rows. */
import { parquetMetadata } from "hyparquet";
import { ByteWriter, ParquetWriter, type SchemaElement } from "hyparquet-writer";
import type { Cell, Column, ColumnType } from "./columns.ts";

/** How a Parquet file begins. */
export const MAGIC = Buffer.from("PAR1");

/** Row groups that follow each other in a file: their bytes, and the footer of a file that had them alone. */
export interface Groups {
  bytes: number;
  footer: Buffer;
}

/** Keeps what is written since the last `take`. */
class PieceWriter extends ByteWriter {
  /** Gives a copy of the bytes, and begins again. */
  take(): Buffer {
    const bytes = Buffer.from(this.getBytes());
    this.index = 0;
    return bytes;
  }
}

/** Makes row groups (Snappy). A file is `MAGIC`, groups, and `footerOf` them. Holds one group. */
export class GroupWriter {
  readonly #columns: readonly Column[];
  readonly #bytes = new PieceWriter();
  readonly #writer: ParquetWriter;
  #written = 0;

  constructor(columns: readonly Column[]) {
    this.#columns = columns;
    this.#writer = writerTo(this.#bytes, columns);
  }

  /** The bytes of rows as a group; none for no rows. */
  async group(rows: readonly (readonly Cell[])[]): Promise<Buffer> {
    if (rows.length === 0) return Buffer.alloc(0);
    const columnData = this.#columns.map(({ name }, place) => ({
      name,
      data: rows.map((row) => row[place] ?? null),
      // A column of a group has few pages.
      offsetIndex: false,
    }));
    await this.#writer.write({ columnData, rowGroupSize: rows.length });
    this.#writer.pendingIndexes = [];
    const bytes = this.#bytes.take();
    this.#written += bytes.length;
    return bytes;
  }

  async end(): Promise<Groups> {
    await this.#writer.finish();
    return { bytes: this.#written, footer: this.#bytes.take() };
  }
}

/** The footer of a file of groups that were written apart, one behind the other. */
export async function footerOf(columns: readonly Column[], parts: readonly Groups[]): Promise<Buffer> {
  const bytes = new PieceWriter();
  const writer = writerTo(bytes, columns);
  let before = 0n;
  for (const { footer, bytes: length } of parts) {
    const { buffer, byteOffset, byteLength } = footer;
    const { row_groups } = parquetMetadata(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
    for (const group of row_groups) {
      for (const column of group.columns) {
        column.file_offset += before;
        const meta = column.meta_data;
        if (!meta) continue;
        meta.data_page_offset += before;
        if (meta.dictionary_page_offset !== undefined) meta.dictionary_page_offset += before;
      }
      writer.num_rows += group.num_rows;
      // The writer brings a reader of its own, whose types are of another version.
      writer.row_groups.push(group as (typeof writer.row_groups)[number]);
    }
    before += BigInt(length);
  }
  await writer.finish();
  return bytes.take();
}

/** Writes no `MAGIC`, but counts it: offsets are from a file's beginning. */
function writerTo(writer: PieceWriter, columns: readonly Column[]): ParquetWriter {
  const schema = [{ name: "root", num_children: columns.length }, ...columns.flatMap(elementsOf)];
  const made = new ParquetWriter({ writer, schema, createdBy: "nightshift" });
  writer.take();
  return made;
}

const ELEMENTS: Readonly<Record<Exclude<ColumnType, "vector">, Partial<SchemaElement>>> = {
  integer: { type: "INT64" },
  number: { type: "DOUBLE" },
  boolean: { type: "BOOLEAN" },
  text: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  // Polars shows columns of Parquet's own type JSON as binary.
  json: { type: "BYTE_ARRAY", converted_type: "UTF8" },
};

function elementsOf({ name, type }: Column): SchemaElement[] {
  if (type !== "vector") return [{ name, repetition_type: "OPTIONAL", ...ELEMENTS[type] }];
  return [
    { name, repetition_type: "OPTIONAL", converted_type: "LIST", num_children: 1 },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", repetition_type: "OPTIONAL", type: "DOUBLE" },
  ];
}
