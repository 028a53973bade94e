/**
 * Parquet, page by page: a row group can have a million rows, and most writers make only a few. Memory holds a page and a
 * part of the packed bytes of each column. hyparquet reads the pages. It would read whole row groups.
 */
import { type FileMetaData, parquetMetadataAsync, type RowGroup, type SchemaTree } from "hyparquet";
import { parquetSchema } from "hyparquet/src/metadata.js";
import { InvalidJobError, messageOf } from "../errors.ts";
import type { InputSource } from "./input-kind.ts";
import { fill, SourceFailed } from "./parquet-bytes.ts";
import { CODECS } from "./parquet-codecs.ts";
import { PageReader } from "./parquet-column.ts";
import { columnText } from "./parquet-values.ts";
import type { Text } from "./utf8-text.ts";

export interface InputColumn {
  name: string;
  /** Whether its cells are JSON texts (numbers, true, false) and not plain ones. */
  isJson: boolean;
  /** Why it cannot be read; it is an error to ask for it. */
  problem?: string;
  /** What to do about that. */
  mend?: string;
}

/** A cell: a text, or its bytes, which are good until the next rows are asked for; null where there is no value. */
export type InputCell = Text | null;

/** A row as texts. */
export interface CellRow {
  number: number;
  /** Rows before it. */
  start: number;
  cells: InputCell[];
}

/** Packed bytes that are fetched at once, for all columns together. */
const FETCH_BYTES = 8 * 1024 * 1024;
const LEAST_FETCH_BYTES = 512 * 1024;
/** Rows that are given at once. Of 64, all outlived the collections of a small young generation, which took a third of the CPU. */
const ROWS = 16;

/** A Parquet file whose footer was read. */
export class ParquetFile {
  readonly columns: InputColumn[];
  readonly #source: InputSource;
  readonly #metadata: FileMetaData;
  readonly #schema: SchemaTree[];

  private constructor(source: InputSource, metadata: FileMetaData) {
    this.#source = source;
    this.#metadata = metadata;
    this.#schema = parquetSchema(metadata).children;
    this.columns = this.#schema.map((leaf) => this.#column(leaf));
  }

  /** @throws InvalidJobError when it is cut or damaged */
  static async open(source: InputSource): Promise<ParquetFile> {
    const slice = async (from: number, to = source.bytes) => {
      const bytes = new Uint8Array(to - from);
      await fill(bytes, source, from);
      return bytes.buffer;
    };
    const file = { byteLength: source.bytes, slice };
    let metadata: FileMetaData;
    try {
      metadata = await parquetMetadataAsync(file, { geoparquet: false });
    } catch (error) {
      refuse(error, `${source.name} begins as Parquet, but its footer cannot be read, so it may be cut`);
    }
    return new ParquetFile(source, metadata);
  }

  #column({ element, children }: SchemaTree): InputColumn {
    const { name } = element;
    const nested = children.length > 0 || element.repetition_type === "REPEATED";
    const text = nested ? { problem: "is nested" } : columnText(element);
    const mend = `write it as text, as with DuckDB: ${nested ? `to_json("${name}")` : `"${name}"::VARCHAR`}`;
    if ("problem" in text) return { name, isJson: false, problem: text.problem, mend };
    for (const group of this.#metadata.row_groups) {
      const chunk = group.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === name);
      if (!chunk?.meta_data || chunk.crypto_metadata) {
        return { name, isJson: false, problem: "is encrypted", mend: "write the file without encryption" };
      }
      const { codec } = chunk.meta_data;
      if (codec !== "UNCOMPRESSED" && !CODECS.has(codec)) {
        const packed = `is packed with ${codec}`;
        return { name, isJson: false, problem: packed, mend: "write the file with zstd or snappy" };
      }
    }
    return { name, isJson: text.isJson };
  }

  /**
   * The rows behind the first `from`, with the cells of the named columns in that order.
   * @throws InvalidJobError when a page is damaged
   */
  async *rows(names: readonly string[], from: number): AsyncGenerator<CellRow[]> {
    let first = 0;
    for (const group of this.#metadata.row_groups) {
      const count = Number(group.num_rows);
      if (first + count > from) yield* this.#groupRows(group, names, first, Math.max(0, from - first));
      first += count;
    }
  }

  async *#groupRows(group: RowGroup, names: readonly string[], first: number, skip: number) {
    const columns = names.map((name) => this.#reader(group, name, Math.max(1, names.length)));
    try {
      for (const column of columns) await column.skip(skip);
      const count = Number(group.num_rows);
      for (let row = skip; row < count; ) {
        let rows = Math.min(ROWS, count - row);
        for (const column of columns) rows = Math.min(rows, await column.available());
        const chunk: CellRow[] = [];
        for (const end = row + rows; row < end; row++) {
          const start = first + row;
          chunk.push({ number: start + 1, start, cells: columns.map((column) => column.next()) });
        }
        yield chunk;
      }
    } catch (error) {
      refuse(error, `${this.#source.name} is damaged, or its like cannot be read`);
    } finally {
      for (const column of columns) column.close();
    }
  }

  #reader(group: RowGroup, name: string, columns: number): PageReader {
    const leaf = this.#schema.find(({ element }) => element.name === name);
    const chunk = group.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === name);
    if (!leaf || !chunk?.meta_data) throw new Error(`there is no column ${name}`);
    const fetchBytes = Math.max(LEAST_FETCH_BYTES, Math.floor(FETCH_BYTES / columns));
    return new PageReader(this.#source, leaf, chunk.meta_data, fetchBytes);
  }
}

/** @throws InvalidJobError for bytes that hyparquet cannot read; what the source threw, as it is */
function refuse(error: unknown, problem: string): never {
  if (error instanceof SourceFailed) throw error.cause;
  throw new InvalidJobError(`${problem}: ${messageOf(error)}`, { cause: error });
}
