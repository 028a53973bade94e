/**
 * The values of a page as texts, made one by one as rows are read. A page has up to a million: all at once would
 * outlive many collections of a small young generation.
 */
import type { PageHeader } from "hyparquet";
import type { readPage } from "hyparquet/src/column.js";
import { decompressPage } from "hyparquet/src/datapage.js";
import { readRleBitPackedHybrid } from "hyparquet/src/encoding.js";
import type { Text } from "./utf8-text.ts";

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

type Decoder = Parameters<typeof readPage>[2];

/**
 * The texts of a page of byte arrays in `PLAIN` encoding, each behind its length. It is what most texts are in, and hyparquet
 * would make an object of each.
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#plain-plain--0
 * @throws RangeError when it is cut
 */
export function plainTexts(page: Page, decoder: Decoder, toText: (value: Buffer) => Text): PageTexts {
  const { bytes, begin, levels } = unpacked(page, decoder);
  const values = viewOf(bytes);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = begin;
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

/**
 * The texts of a page of places in a dictionary. hyparquet would make four lists of a page, whose objects are all marked.
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#dictionary-encoding-plain_dictionary--2-and-rle_dictionary--8
 * @throws RangeError when it is damaged; the reader too, at a place that the dictionary has not
 */
export function dictionaryTexts(page: Page, decoder: Decoder, dictionary: readonly string[]): PageTexts {
  const { bytes, begin, levels, present } = unpacked(page, decoder);
  const places = new Uint32Array(present);
  const reader = { view: viewOf(bytes), offset: begin };
  const bits = present > 0 ? reader.view.getUint8(reader.offset++) : 0;
  if (bits > 0) readRleBitPackedHybrid(reader, bits, places, bytes.length - reader.offset);
  let at = 0;
  let row = 0;
  return () => {
    if (levels && levels[row++] === 0) return null;
    const text = dictionary[places[at++] as number];
    if (text === undefined) throw new RangeError("a value is not in its column's dictionary");
    return text;
  };
}

/**
 * A page unpacked: where its values begin, 0 for each that is missing, and how many are present.
 * @throws RangeError when a level is none of a column that is not nested
 */
function unpacked({ header, view, offset }: Page, { codec, compressors, element }: Decoder) {
  const packed = new Uint8Array(view.buffer, view.byteOffset + offset, header.compressed_page_size);
  const v2 = header.data_page_header_v2;
  const count = v2?.num_values ?? header.data_page_header?.num_values ?? 0;
  // Of version 2 the levels stand before what is packed.
  const apart = v2 ? v2.repetition_levels_byte_length + v2.definition_levels_byte_length : 0;
  const size = header.uncompressed_page_size - apart;
  const isPacked = v2 ? v2.is_compressed !== false && size > 0 : true;
  const rest = packed.subarray(apart);
  const bytes = isPacked ? decompressPage(rest, size, codec, compressors) : rest;
  const reader = { view: viewOf(v2 ? packed : bytes), offset: v2 ? v2.repetition_levels_byte_length : 0 };
  let levels: Uint8Array | undefined;
  let present = count;
  if (element.repetition_type !== "REQUIRED") {
    levels = new Uint8Array(count);
    readRleBitPackedHybrid(reader, 1, levels, v2?.definition_levels_byte_length);
    present = 0;
    for (const level of levels) {
      if (level > 1) throw new RangeError(`a column that is not nested has a level ${level}`);
      present += level;
    }
  }
  return { bytes, begin: v2 ? 0 : reader.offset, levels, present };
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
