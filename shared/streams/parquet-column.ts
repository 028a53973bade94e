/** The cells of one column, page by page. */
import type { ColumnMetaData, SchemaTree } from "hyparquet";
import { readPage } from "hyparquet/src/column.js";
import { DEFAULT_PARSERS } from "hyparquet/src/convert.js";
import { release } from "../release.ts";
import type { InputSource } from "./input-kind.ts";
import { ChunkBytes } from "./parquet-bytes.ts";
import { CODECS, type Unpack } from "./parquet-codecs.ts";
import { dictionaryTexts, listTexts, type PageTexts, plainTexts } from "./parquet-page.ts";
import { columnText } from "./parquet-values.ts";
import type { Text } from "./utf8-text.ts";

/** Reads one column of one row group. */
export class PageReader {
  readonly #bytes: ChunkBytes;
  readonly #decoder: Parameters<typeof readPage>[2];
  readonly #toText: (value: unknown) => string;
  readonly #toCell: (value: Buffer) => Text;
  #dictionary: string[] | undefined;
  #page: PageTexts = listTexts([], String);
  /** Values of the page that were not taken. */
  #left = 0;
  /** The last page that was unpacked. */
  #unpacked = new Uint8Array(0);

  constructor(source: InputSource, leaf: SchemaTree, meta: ColumnMetaData, fetchBytes: number) {
    const text = columnText(leaf.element);
    if ("problem" in text) throw new Error(`column ${leaf.element.name} ${text.problem}`);
    this.#toText = text.toText;
    this.#toCell = text.toCell ?? text.toText;
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
      compressors: Object.fromEntries(
        Array.from(CODECS, ([codec, unpack]) => [
          codec,
          (input, bytes) => this.#unpack(unpack, input, bytes),
        ]),
      ),
      utf8: false,
    };
  }

  /** Gives up the page before: it was read to its end, and its dictionary are texts by now. */
  #unpack(unpack: Unpack, input: Uint8Array, bytes: number): Uint8Array {
    release(this.#unpacked);
    this.#unpacked = unpack(input, bytes);
    return this.#unpacked;
  }

  /** Cells that can be taken without reading on; at least one. */
  async available(): Promise<number> {
    while (this.#left === 0) await this.#next(0);
    return this.#left;
  }

  /** The next cell, where one is available. */
  next(): Text | null {
    this.#left--;
    return this.#page();
  }

  /** Passes over so many cells. */
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
      this.#page = plainTexts(page, this.#decoder, this.#toCell);
      this.#left = values;
      return 0;
    }
    if (body?.encoding.endsWith("_DICTIONARY") && this.#dictionary) {
      this.#page = dictionaryTexts(page, this.#decoder, this.#dictionary);
      this.#left = values;
      return 0;
    }
    const { data } = readPage(page, header, this.#decoder, undefined, undefined, 0);
    if (header.type === "DICTIONARY_PAGE") {
      this.#dictionary = Array.from(data ?? [], this.#toText);
      return 0;
    }
    this.#page = listTexts(data ?? [], this.#toText);
    this.#left = data?.length ?? 0;
    return 0;
  }
}
