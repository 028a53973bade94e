/** A text in pieces: what is long is written from where it lies, and not copied into one string first. */

/** A text, or its bytes in UTF-8. */
export type Text = string | Buffer;

/** Strings that are shorter together are joined: a write takes as long as copying so many characters. */
const SHORT = 256;

/** A text in pieces. Its bytes are good as long as what they were read from: until the next rows are asked for. */
export class Pieces {
  /** The first is a string. */
  readonly all: Text[];

  constructor(first = "") {
    this.all = [first];
  }

  /** Puts a text before all others. */
  prepend(text: string): this {
    this.all[0] = text + this.all[0];
    return this;
  }

  /** Appends a text. */
  add(text: Text): this {
    const { all } = this;
    const last = all.length - 1;
    const before = all[last];
    if (typeof text !== "string" || typeof before !== "string" || before.length + text.length > SHORT)
      all.push(text);
    else all[last] = before + text;
    return this;
  }

  /** Appends all pieces of a text. */
  addAll(text: string | Pieces): this {
    if (typeof text === "string") return this.add(text);
    for (const piece of text.all) this.add(piece);
    return this;
  }

  /** Its length in UTF-8. */
  get bytes(): number {
    return this.all.reduce((sum, piece) => sum + Buffer.byteLength(piece), 0);
  }

  /** Whether it has at most `room` bytes. A character of a string takes three at most: nearly always there is room without counting. */
  fits(room: number): boolean {
    let most = 0;
    for (const piece of this.all) most += typeof piece === "string" ? piece.length * 3 : piece.length;
    return most <= room || this.bytes <= room;
  }

  toString(): string {
    return this.all.join("");
  }
}
