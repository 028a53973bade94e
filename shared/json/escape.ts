/** Text in UTF-8 as it stands inside of a JSON string, without a string of its own in between. */

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Four of them in a word, to look at four bytes at once. */
const SPACES = 0x20202020;
const QUOTES = 0x22222222;
const BACKSLASHES = 0x5c5c5c5c;
const ONES = 0x01010101;
const TOP_BITS = 0x80808080;
/** Most bytes that an escape takes, and a longest text for which there is memory for as many. */
const LONGEST_ESCAPE = 6;
const LONGEST_TEXT = 64 * 1024;

const ESCAPES = Array.from({ length: SPACE }, (_, code) =>
  Buffer.from(JSON.stringify(String.fromCharCode(code)).slice(1, -1)),
);

/** Escapes texts; what comes of one is good until the next. */
export class Escaper {
  /** The memory of the last text, as words. */
  #words: Int32Array = new Int32Array(0);
  #escaped = Buffer.alloc(0);

  /** A text as `JSON.stringify` writes it, without its quotes: the text itself, where nothing in it is to be escaped. */
  escape(text: Buffer): Buffer {
    if (this.#isPlain(text)) return text;
    if (text.length > LONGEST_TEXT) return Buffer.from(JSON.stringify(text.toString("utf8")).slice(1, -1));
    const most = LONGEST_ESCAPE * text.length;
    if (this.#escaped.length < most) this.#escaped = Buffer.allocUnsafeSlow(most);
    const escaped = this.#escaped;
    let end = 0;
    for (let at = 0; at < text.length; at++) {
      const byte = text[at] as number;
      if (byte < SPACE) {
        end += (ESCAPES[byte] as Buffer).copy(escaped, end);
        continue;
      }
      if (byte === QUOTE || byte === BACKSLASH) escaped[end++] = BACKSLASH;
      escaped[end++] = byte;
    }
    return escaped.subarray(0, end);
  }

  #isPlain(text: Buffer): boolean {
    const { buffer, byteOffset, length } = text;
    if (this.#words.buffer !== buffer) this.#words = new Int32Array(buffer, 0, buffer.byteLength >> 2);
    const words = this.#words;
    let at = 0;
    for (const first = Math.min(length, -byteOffset & 3); at < first; at++)
      if (isEscaped(text[at])) return false;
    const begin = (byteOffset + at) >> 2;
    const end = begin + ((length - at) >> 2);
    let found = 0;
    // A byte's top bit comes up where the byte is below a space, a quote or a backslash.
    for (let word = begin; word < end; word++) {
      const four = words[word] as number;
      found |= ((four - SPACES) | ((four ^ QUOTES) - ONES) | ((four ^ BACKSLASHES) - ONES)) & ~four;
    }
    if ((found & TOP_BITS) !== 0) return false;
    for (at += (end - begin) * 4; at < length; at++) if (isEscaped(text[at])) return false;
    return true;
  }
}

function isEscaped(byte = 0): boolean {
  return byte < SPACE || byte === QUOTE || byte === BACKSLASH;
}
