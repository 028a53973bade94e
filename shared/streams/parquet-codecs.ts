/** How pages of Parquet are unpacked. */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { snappyUncompressor } from "hysnappy";

/** Unpacks a page of so many bytes. @throws Error when it is damaged, or has another length */
export type Unpack = (packed: Uint8Array, bytes: number) => Uint8Array<ArrayBuffer>;

let unsnap: ReturnType<typeof snappyUncompressor> | undefined;

/** Snappy as WebAssembly takes a third of the CPU of hyparquet's own. It trusts the length that it is told. */
function snappy(packed: Uint8Array, bytes: number): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (let at = 0, scale = 1, byte = 0x80; byte >= 0x80; at++, scale *= 0x80) {
    byte = packed[at] ?? 0;
    length += (byte & 0x7f) * scale;
  }
  if (length !== bytes) throw new Error(`a page unpacks to ${length} bytes, and should to ${bytes}`);
  unsnap ??= snappyUncompressor();
  return unsnap(packed, bytes) as Uint8Array<ArrayBuffer>;
}

/** A page is no longer than it says: a few bytes can be packed gigabytes. */
const atMost = (bytes: number) => ({ maxOutputLength: Math.max(1, bytes) });

/** The codecs that are known, beside none. */
export const CODECS: ReadonlyMap<string, Unpack> = new Map<string, Unpack>([
  ["SNAPPY", snappy],
  ["GZIP", (packed, bytes) => gunzipSync(packed, atMost(bytes))],
  ["BROTLI", (packed, bytes) => brotliDecompressSync(packed, atMost(bytes))],
  ["ZSTD", (packed, bytes) => zstdDecompressSync(packed, atMost(bytes))],
]);
