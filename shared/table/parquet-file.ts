/** A Parquet file, written row group by row group. Its columns' types are declared: nothing is guessed from the rows. */
import { ByteWriter, ParquetWriter, type SchemaElement } from "hyparquet-writer";
import type { Cell, Column, ColumnType } from "./columns.ts";

/** Where the bytes go; see `ObjectWriter`. */
export interface ByteSink {
  write(bytes: Buffer): Promise<void> | undefined;
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

/** Writes a table as Parquet (Snappy). Holds one row group. */
export class ParquetFile {
  readonly #columns: readonly Column[];
  readonly #sink: ByteSink;
  readonly #bytes = new PieceWriter();
  readonly #writer: ParquetWriter;

  constructor(columns: readonly Column[], sink: ByteSink) {
    this.#columns = columns;
    this.#sink = sink;
    const schema = [{ name: "root", num_children: columns.length }, ...columns.flatMap(elementsOf)];
    this.#writer = new ParquetWriter({ writer: this.#bytes, schema, createdBy: "nightshift" });
  }

  /** Writes rows as one row group. */
  async writeGroup(rows: readonly (readonly Cell[])[]): Promise<void> {
    if (rows.length === 0) return;
    const columnData = this.#columns.map(({ name }, place) => ({
      name,
      data: rows.map((row) => row[place] ?? null),
    }));
    await this.#writer.write({ columnData, rowGroupSize: rows.length });
    await this.#sink.write(this.#bytes.take());
  }

  /** Writes the footer. */
  async finish(): Promise<void> {
    await this.#writer.finish();
    await this.#sink.write(this.#bytes.take());
  }
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
