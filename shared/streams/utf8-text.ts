/** A text that is put together in UTF-8, in memory that is used again and again. One for each row would be garbage at once. */
import { release } from "../release.ts";

/** A text, or its bytes in UTF-8. */
export type Text = string | Buffer;

const FIRST_BYTES = 2048;
/** A long text's memory is given up at the next. */
const MOST_KEPT_BYTES = 1024 * 1024;
/** Of shorter strings, writing each character takes less CPU than a call out of JavaScript. */
const SHORT = 32;
const ASCII = 0x80;

/** A text under way. Its bytes are good until it is cleared. */
export class Utf8Text {
  /** Its length so far. */
  bytes = 0;
  #memory = Buffer.allocUnsafeSlow(FIRST_BYTES);

  /** Begins anew. */
  clear(): this {
    this.bytes = 0;
    if (this.#memory.length > MOST_KEPT_BYTES) {
      release(this.#memory);
      this.#memory = Buffer.allocUnsafeSlow(FIRST_BYTES);
    }
    return this;
  }

  add(text: Text): this {
    if (typeof text === "string") this.#addString(text);
    else {
      this.#room(text.length).set(text, this.bytes);
      this.bytes += text.length;
    }
    return this;
  }

  /** Appends a text, or what another one holds. */
  addAll(text: string | Utf8Text): this {
    return this.add(typeof text === "string" ? text : text.view);
  }

  /** Its bytes where they lie. */
  get view(): Buffer {
    return this.#memory.subarray(0, this.bytes);
  }

  toString(): string {
    return this.#memory.toString("utf8", 0, this.bytes);
  }

  #addString(text: string): void {
    // A character of a string takes three bytes at most.
    const memory = this.#room(text.length * 3);
    const begin = this.bytes;
    let at = text.length < SHORT ? 0 : text.length;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code >= ASCII) break;
      memory[begin + at] = code;
    }
    const isWritten = at === text.length && at < SHORT;
    this.bytes = begin + (isWritten ? at : memory.write(text, begin));
  }

  #room(bytes: number): Buffer {
    const needed = this.bytes + bytes;
    if (needed > this.#memory.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#memory.length));
      this.#memory.copy(grown, 0, 0, this.bytes);
      release(this.#memory);
      this.#memory = grown;
    }
    return this.#memory;
  }
}
