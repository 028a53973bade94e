/** Finds `custom_id`s that were used before, in 12 bytes an id. */
import { hash } from "node:crypto";
import type { Readable } from "node:stream";
import { release } from "../../shared/release.ts";

const FULL = 0.75;
const WORDS = 3;
/** The table grows one part after the other, so that there are never two whole tables. Ids are spread evenly, so all fill alike. */
const PARTS = 8;
/** Room of a part to begin with: a run that pauses writes all of it. */
const FIRST_SLOTS = 1 << 9;

/**
 * A set of ids that remembers the line each was first seen on. It is an open-addressed table of 64-bit hashes and line
 * numbers. Ten million ids take 200 MB, 213 MB while the table grows. Among ten million, two pass for the same with a
 * chance of 3 in a million (n²/2 / 2^64).
 */
export class SeenIds {
  /** Of a part. */
  #slots = FIRST_SLOTS;
  #parts = newParts(FIRST_SLOTS);
  #count = 0;

  /** The line on which this id was seen first, or 0 when it is new; then it is remembered with `line`. */
  add(id: string, line: number): number {
    if (this.#count >= this.#slots * PARTS * FULL) this.#grow();
    // In UTF-8 all lone surrogates are the same replacement character. The digest as text, as a buffer takes three times as long.
    const digest = hash("sha256", id.isWellFormed() ? id : Buffer.from(id, "utf16le"), "binary");
    const high = word(digest, 4);
    const seen = this.#insert(this.#parts[high % PARTS] as Uint32Array, word(digest, 0), high, line);
    if (seen === 0) this.#count++;
    return seen;
  }

  /** The set as bytes, in pieces, to be read back by `read`. */
  *bytes(): Generator<Buffer> {
    const piece = 1024 * 1024;
    for (const { buffer } of this.#parts) {
      const all = Buffer.from(buffer);
      for (let at = 0; at < all.length; at += piece) yield all.subarray(at, at + piece);
    }
  }

  /** The set whose bytes a stream holds. */
  static async read(stream: Readable, length: number): Promise<SeenIds> {
    const set = new SeenIds();
    set.#slots = length / Uint32Array.BYTES_PER_ELEMENT / WORDS / PARTS;
    set.#parts = newParts(set.#slots);
    const parts = set.#parts.map(({ buffer }) => Buffer.from(buffer));
    let at = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      for (let from = 0; from < chunk.length && at < length; ) {
        const part = Math.floor(at / (length / PARTS));
        const copied = chunk.copy(parts[part] as Buffer, at % (length / PARTS), from);
        from += copied;
        at += copied;
      }
    }
    if (at !== length) throw new Error("the set of ids was cut short");
    for (const part of set.#parts)
      for (let slot = 2; slot < part.length; slot += WORDS) if (part[slot] !== 0) set.#count++;
    return set;
  }

  #insert(part: Uint32Array, low: number, high: number, line: number): number {
    let slot = (low ^ (high >>> 3)) & (this.#slots - 1);
    for (;;) {
      const at = slot * WORDS;
      const seen = part[at + 2] as number;
      if (seen === 0) {
        part[at] = low;
        part[at + 1] = high;
        part[at + 2] = line;
        return 0;
      }
      if (part[at] === low && part[at + 1] === high) return seen;
      slot = (slot + 1) & (this.#slots - 1);
    }
  }

  #grow(): void {
    this.#slots *= 2;
    for (const [index, old] of this.#parts.entries()) {
      const part = new Uint32Array(this.#slots * WORDS);
      this.#parts[index] = part;
      for (let at = 0; at < old.length; at += WORDS) {
        if (old[at + 2] !== 0)
          this.#insert(part, old[at] as number, old[at + 1] as number, old[at + 2] as number);
      }
      release(old);
    }
  }
}

function newParts(slots: number): Uint32Array<ArrayBuffer>[] {
  return Array.from({ length: PARTS }, () => new Uint32Array(slots * WORDS));
}

/** Four characters of a digest as a number. */
function word(digest: string, at: number): number {
  const byte = (offset: number) => digest.charCodeAt(at + offset);
  return (byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24)) >>> 0;
}
