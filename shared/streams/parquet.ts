/**
 * Parquet, page by page: a row group can have a million rows, and most writers make only a few. Memory holds a page and a
 * part of the packed bytes of each column. hyparquet reads the pages; it would read whole row groups.
 */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import {
  type ColumnMetaData,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  type RowGroup,
  type SchemaTree,
  snappyUncompress,
} from "hyparquet";
import { parquetHeader, readPage } from "hyparquet/src/column.js";
import { DEFAULT_PARSERS } from "hyparquet/src/convert.js";
import { parquetSchema } from "hyparquet/src/metadata.js";
import { InvalidJobError, messageOf } from "../errors.ts";
import { release } from "../release.ts";
import type { InputSource } from "./input-kind.ts";
import { listTexts, type PageTexts, plainTexts } from "./parquet-page.ts";
import { columnText } from "./parquet-values.ts";

/** A column of a table. */
export interface Column {
  name: string;
  /** Whether its cells are JSON texts (numbers, true, false) and not plain ones. */
  isJson: boolean;
  /** Why it cannot be read; it is an error to ask for it. */
  problem?: string;
  /** What to do about that. */
  mend?: string;
}

/** A row as texts; null where there is no value. */
export interface CellRow {
  number: number;
  /** Rows before it. */
  start: number;
  cells: (string | null)[];
}

/** Packed bytes that are fetched at once, for all columns together. */
const FETCH_BYTES = 8 * 1024 * 1024;
const LEAST_FETCH_BYTES = 512 * 1024;
/** Rows that are given at once: their texts outlive a collection of the young generation, which copies them. */
const ROWS = 64;

const compressors: Compressors = {
  GZIP: (input, bytes) => gunzipSync(input, atMost(bytes)),
  BROTLI: (input, bytes) => brotliDecompressSync(input, atMost(bytes)),
  ZSTD: (input, bytes) => zstdDecompressSync(input, atMost(bytes)),
};
/** A page is no longer than it says: a few bytes can be packed gigabytes. */
const atMost = (bytes: number) => ({ maxOutputLength: Math.max(1, bytes) });
const CODECS = new Set(["UNCOMPRESSED", "SNAPPY", ...Object.keys(compressors)]);

/** A Parquet file whose footer was read. */
export class ParquetFile {
  readonly columns: Column[];
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

  #column({ element, children }: SchemaTree): Column {
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
      if (!CODECS.has(codec)) {
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
        yield Array.from({ length: rows }, (_, at): CellRow => {
          const start = first + row + at;
          return { number: start + 1, start, cells: columns.map((column) => column.next()) };
        });
        row += rows;
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

/** Reads one column of one row group. */
class PageReader {
  readonly #bytes: ChunkBytes;
  readonly #decoder: Parameters<typeof readPage>[2];
  readonly #toText: (value: unknown) => string;
  #dictionary: string[] | undefined;
  #page: PageTexts = listTexts([], String);
  /** Values of the page that were not taken. */
  #left = 0;
  /** Where Snappy unpacks pages: new memory for each, of a megabyte, costs as much as the unpacking. */
  #unpacked = new Uint8Array(0);

  constructor(source: InputSource, leaf: SchemaTree, meta: ColumnMetaData, fetchBytes: number) {
    const text = columnText(leaf.element);
    if ("problem" in text) throw new Error(`column ${leaf.element.name} ${text.problem}`);
    this.#toText = text.toText;
    const begin = Number(meta.dictionary_page_offset || meta.data_page_offset);
    this.#bytes = new ChunkBytes(source, begin, begin + Number(meta.total_compressed_size), fetchBytes);
    const { type_length, repetition_type, name } = leaf.element;
    // Without its types the values come as they are stored, nothing rounded.
    const element: SchemaTree["element"] = {
      repetition_type,
      name,
      ...(type_length !== undefined && { type_length }),
    };
    const root = { element: { name: "root" }, children: [], count: 0, path: [] };
    this.#decoder = {
      ...meta,
      pathInSchema: meta.path_in_schema,
      element,
      schemaPath: [root, { ...leaf, element }],
      parsers: DEFAULT_PARSERS,
      compressors: { ...compressors, SNAPPY: (input, bytes) => this.#unsnap(input, bytes) },
      utf8: false,
    };
  }

  /** The page before was read to its end, and its dictionary are texts by now. */
  #unsnap(input: Uint8Array, bytes: number): Uint8Array {
    if (bytes > this.#unpacked.length) this.#unpacked = new Uint8Array(bytes);
    const page = this.#unpacked.subarray(0, bytes);
    snappyUncompress(input, page);
    return page;
  }

  /** Cells that can be taken without reading on; at least one. */
  async available(): Promise<number> {
    while (this.#left === 0) await this.#next(0);
    return this.#left;
  }

  /** The next cell, where one is available. */
  next(): string | null {
    this.#left--;
    return this.#page();
  }

  async skip(cells: number): Promise<void> {
    for (let left = cells; left > 0; ) {
      if (this.#left === 0) left -= await this.#next(left);
      else {
        this.next();
        left--;
      }
    }
  }

  /** Gives up its memory. */
  close(): void {
    this.#page = listTexts([], String);
    release(this.#unpacked);
    this.#bytes.close();
  }

  /** Reads a page. @returns the values in it that were passed over, as all of them are before the wanted one */
  async #next(wanted: number): Promise<number> {
    const page = await this.#bytes.page();
    const { header } = page;
    const body = header.data_page_header ?? header.data_page_header_v2;
    const values = header.data_page_header?.num_values ?? header.data_page_header_v2?.num_rows ?? 0;
    if (header.type !== "DICTIONARY_PAGE" && values <= wanted) return values;
    if (body?.encoding === "PLAIN" && this.#decoder.type === "BYTE_ARRAY") {
      this.#page = plainTexts(page, this.#decoder, this.#toText);
      this.#left = values;
      return 0;
    }
    const { data } = readPage(page, header, this.#decoder, this.#dictionary, undefined, 0);
    if (header.type === "DICTIONARY_PAGE") {
      this.#dictionary = Array.from(data ?? [], this.#toText);
      return 0;
    }
    const isText = this.#dictionary !== undefined && !!body?.encoding.endsWith("_DICTIONARY");
    this.#page = listTexts(data ?? [], isText ? (text) => text as string : this.#toText);
    this.#left = data?.length ?? 0;
    return 0;
  }
}

/** The packed bytes of a column chunk, fetched part by part. */
class ChunkBytes {
  readonly #source: InputSource;
  readonly #end: number;
  readonly #fetchBytes: number;
  /** Bytes up to here were fetched. */
  #next: number;
  /** Memory for what is fetched, used again and again. A page is done with before the next is fetched. */
  #memory = new Uint8Array(0);
  /** The bytes in it that are not yet read. */
  #at = 0;
  #filled = 0;

  constructor(source: InputSource, begin: number, end: number, fetchBytes: number) {
    this.#source = source;
    this.#next = begin;
    this.#end = end;
    this.#fetchBytes = fetchBytes;
  }

  /** The next page: its header, and a reader that stands at its body. */
  async page() {
    for (let least = 4 * 1024; ; least *= 8) {
      await this.#hold(least);
      const reader = { view: this.#view(), offset: 0 };
      try {
        const header = parquetHeader(reader);
        const bytes = reader.offset + header.compressed_page_size;
        await this.#hold(bytes);
        // Behind what was filled, the memory holds an earlier page.
        if (bytes < reader.offset || this.#filled - this.#at < bytes)
          throw new Error("a page is longer than what is left of its column");
        const page = { header, view: this.#view(), offset: reader.offset };
        this.#at += bytes;
        return page;
      } catch (error) {
        // The header is longer than what is held: statistics can be long.
        if (!(error instanceof RangeError) || this.#next >= this.#end) throw error;
      }
    }
  }

  /** Gives up its memory. */
  close(): void {
    release(this.#memory);
  }

  #view(): DataView {
    const { buffer, byteOffset } = this.#memory;
    return new DataView(buffer, byteOffset + this.#at, this.#filled - this.#at);
  }

  /** Sees to it that so many bytes of what is left are held. */
  async #hold(bytes: number): Promise<void> {
    const left = this.#filled - this.#at;
    if (left >= bytes || this.#next >= this.#end) return;
    const to = Math.min(this.#end, this.#next + Math.max(this.#fetchBytes, bytes - left));
    const size = left + to - this.#next;
    const memory = size > this.#memory.length ? new Uint8Array(size) : this.#memory;
    memory.set(this.#memory.subarray(this.#at, this.#filled));
    if (memory !== this.#memory) release(this.#memory);
    this.#memory = memory;
    await fill(memory.subarray(left, size), this.#source, this.#next);
    this.#next = to;
    this.#at = 0;
    this.#filled = size;
  }
}

/** What kept bytes from being read: no fault of theirs. */
class SourceFailed extends Error {}

/** Fills memory with the bytes from `from` on. @throws SourceFailed */
async function fill(bytes: Uint8Array, source: InputSource, from: number): Promise<void> {
  let filled = 0;
  try {
    for await (const chunk of source.open(from, from + bytes.length)) {
      bytes.set(chunk, filled);
      filled += chunk.length;
    }
  } catch (cause) {
    throw new SourceFailed("the source cannot be read", { cause });
  }
  if (filled === bytes.length) return;
  throw new SourceFailed("", {
    cause: new Error(`${source.name} ended at byte ${from + filled}, before ${from + bytes.length}`),
  });
}

/** @throws InvalidJobError for bytes that hyparquet cannot read; what the source threw, as it is */
function refuse(error: unknown, problem: string): never {
  if (error instanceof SourceFailed) throw error.cause;
  throw new InvalidJobError(`${problem}: ${messageOf(error)}`, { cause: error });
}
