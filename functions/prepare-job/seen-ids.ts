/** Finds `custom_id`s that were used before, in 12 bytes an id. */
import { hash } from "node:crypto";
import type { Readable } from "node:stream";
import { release } from "../../shared/release.ts";

const FULL = 0.75;
const WORDS = 3;
/** Room to begin with: a run that pauses writes all of it. */
const FIRST_SLOTS = 1 << 12;

/**
 * A set of ids that remembers the line each was first seen on. It is an open-addressed table of 64-bit hashes and line
 * numbers. Ten million ids take 200 MB, 300 MB while the table grows. Among ten million, two pass for the same with a
 * chance of 3 in a million (n²/2 / 2^64).
 */
export class SeenIds {
  #slots = FIRST_SLOTS;
  #table = new Uint32Array(this.#slots * WORDS);
  #count = 0;

  /** The line on which this id was seen first, or 0 when it is new; then it is remembered with `line`. */
  add(id: string, line: number): number {
    if (this.#count >= this.#slots * FULL) this.#grow();
    // In UTF-8 all lone surrogates are the same replacement character. The digest as text, as a buffer takes three times as long.
    const digest = hash("sha256", id.isWellFormed() ? id : Buffer.from(id, "utf16le"), "binary");
    return this.#insert(word(digest, 0), word(digest, 4), line);
  }

  /** The set as bytes, in pieces, to be read back by `read`. */
  *bytes(): Generator<Buffer> {
    const piece = 1024 * 1024;
    const all = Buffer.from(this.#table.buffer);
    for (let at = 0; at < all.length; at += piece) yield all.subarray(at, at + piece);
  }

  /** The set whose bytes a stream holds. */
  static async read(stream: Readable, length: number): Promise<SeenIds> {
    const set = new SeenIds();
    set.#slots = length / Uint32Array.BYTES_PER_ELEMENT / WORDS;
    set.#table = new Uint32Array(set.#slots * WORDS);
    const all = Buffer.from(set.#table.buffer);
    let at = 0;
    for await (const chunk of stream) at += (chunk as Buffer).copy(all, at);
    if (at !== length) throw new Error("the set of ids was cut short");
    for (let slot = 0; slot < set.#slots; slot++) if (set.#table[slot * WORDS + 2] !== 0) set.#count++;
    return set;
  }

  #insert(low: number, high: number, line: number): number {
    const table = this.#table;
    let slot = (low ^ (high >>> 3)) & (this.#slots - 1);
    for (;;) {
      const at = slot * WORDS;
      const seen = table[at + 2] as number;
      if (seen === 0) {
        table[at] = low;
        table[at + 1] = high;
        table[at + 2] = line;
        this.#count++;
        return 0;
      }
      if (table[at] === low && table[at + 1] === high) return seen;
      slot = (slot + 1) & (this.#slots - 1);
    }
  }

  #grow(): void {
    const old = this.#table;
    this.#slots *= 2;
    this.#table = new Uint32Array(this.#slots * WORDS);
    this.#count = 0;
    for (let at = 0; at < old.length; at += WORDS) {
      if (old[at + 2] !== 0) this.#insert(old[at] as number, old[at + 1] as number, old[at + 2] as number);
    }
    release(old);
  }
}

/** Four characters of a digest as a number. */
function word(digest: string, at: number): number {
  const byte = (offset: number) => digest.charCodeAt(at + offset);
  return (byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24)) >>> 0;
}
