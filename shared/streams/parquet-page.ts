/**
 * The values of a page as texts, made one by one as rows are read: a page has up to a million, and all of them at once would
 * outlive many collections of a small young generation.
 */
import type { PageHeader } from "hyparquet";
import type { readPage } from "hyparquet/src/column.js";
import { decompressPage } from "hyparquet/src/datapage.js";
import { readRleBitPackedHybrid } from "hyparquet/src/encoding.js";
import type { Text } from "./pieces.ts";

/** Gives the next value of a page, null where there is none. */
export type PageTexts = () => Text | null;

/** The texts of values that were read. */
export function listTexts(values: ArrayLike<unknown>, toText: (value: unknown) => string): PageTexts {
  let at = 0;
  return () => {
    const value = values[at++];
    return value === null || value === undefined ? null : toText(value);
  };
}

/** A page, and where its body begins. */
interface Page {
  header: PageHeader;
  view: DataView;
  offset: number;
}

/**
 * The texts of a page of byte arrays in `PLAIN` encoding, each behind its length. It is what most texts are in, and hyparquet
 * would make an object of each.
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#plain-plain--0
 * @throws RangeError when it is cut
 */
export function plainTexts(
  { header, view, offset }: Page,
  { codec, compressors, element }: Parameters<typeof readPage>[2],
  toText: (value: Buffer) => Text,
): PageTexts {
  const packed = new Uint8Array(view.buffer, view.byteOffset + offset, header.compressed_page_size);
  const v2 = header.data_page_header_v2;
  // Of version 2 the levels stand before what is packed.
  const apart = v2 ? v2.repetition_levels_byte_length + v2.definition_levels_byte_length : 0;
  const bytes = header.uncompressed_page_size - apart;
  const isPacked = v2 ? v2.is_compressed !== false && bytes > 0 : true;
  const rest = packed.subarray(apart);
  const page = isPacked ? decompressPage(rest, bytes, codec, compressors) : rest;
  const reader = { view: viewOf(v2 ? packed : page), offset: v2 ? v2.repetition_levels_byte_length : 0 };
  let levels: Uint8Array | undefined;
  if (element.repetition_type !== "REQUIRED") {
    levels = new Uint8Array(v2?.num_values ?? header.data_page_header?.num_values ?? 0);
    readRleBitPackedHybrid(reader, 1, levels, v2?.definition_levels_byte_length);
  }
  const values = viewOf(page);
  const buffer = Buffer.from(page.buffer, page.byteOffset, page.byteLength);
  let at = v2 ? 0 : reader.offset;
  let row = 0;
  return () => {
    if (levels && levels[row++] === 0) return null;
    const start = at + 4;
    const end = start + values.getUint32(at, true);
    if (end > buffer.length) throw new RangeError("a value ends behind its page");
    at = end;
    return toText(buffer.subarray(start, end));
  };
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
