/** The bytes of a Parquet file, as far as they are needed at once. */
import { parquetHeader } from "hyparquet/src/column.js";
import { release } from "../release.ts";
import type { InputSource } from "./input-kind.ts";

/** The packed bytes of a column chunk, fetched part by part. */
export class ChunkBytes {
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
export class SourceFailed extends Error {}

/** Fills memory with the bytes from `from` on. @throws SourceFailed */
export async function fill(bytes: Uint8Array, source: InputSource, from: number): Promise<void> {
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
