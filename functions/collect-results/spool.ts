/**
 * Answers come in the provider's order and are wanted in ours. They wait in a file on the
 * Lambda's disk: memory holds only where each one lies. The disk must hold the results of one batch.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ItemStatus } from "../../shared/models.ts";

/** Answers are gathered into blocks of this size before they are written. */
const BLOCK_BYTES = 256 * 1024;

/** One spooled answer. */
export interface Spooled {
  status: ItemStatus;
  retryable: boolean;
  start: number;
  length: number;
}

/** A file of answers, each to be read back by its line. */
export class Spool {
  readonly #dir = mkdtempSync(join(tmpdir(), "nightshift-"));
  readonly #fd = openSync(join(this.#dir, "answers"), "w+");
  readonly #entries = new Map<number, Spooled>();
  readonly #block = Buffer.allocUnsafe(BLOCK_BYTES);
  #filled = 0;
  #written = 0;

  /** What became of a line, where it has an answer already. */
  statusOf(line: number): ItemStatus | undefined {
    return this.#entries.get(line)?.status;
  }

  /** Keeps the answer to a line. */
  add(line: number, status: ItemStatus, retryable: boolean, text: string): void {
    // UTF-8 has three bytes at most for a character of a string: nearly always there is room without counting.
    if (text.length * 3 > BLOCK_BYTES - this.#filled) this.#flush();
    const start = this.#written + this.#filled;
    const length = text.length * 3 > BLOCK_BYTES ? this.#writeLarge(text) : this.#fill(text);
    this.#entries.set(line, { status, retryable, start, length });
  }

  /** The answer to a line with its bytes, or null. */
  get(line: number): (Spooled & { bytes: Buffer }) | null {
    const entry = this.#entries.get(line);
    if (!entry) return null;
    this.#flush();
    const bytes = Buffer.allocUnsafe(entry.length);
    let read = 0;
    while (read < entry.length) {
      const count = readSync(this.#fd, bytes, read, entry.length - read, entry.start + read);
      if (count === 0) throw new Error("the spooled answers were cut short");
      read += count;
    }
    return { ...entry, bytes };
  }

  /** Removes the file. */
  close(): void {
    closeSync(this.#fd);
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #fill(text: string): number {
    const length = this.#block.write(text, this.#filled);
    this.#filled += length;
    return length;
  }

  #writeLarge(text: string): number {
    const bytes = Buffer.from(text);
    this.#write(bytes);
    return bytes.length;
  }

  #flush(): void {
    this.#write(this.#block.subarray(0, this.#filled));
    this.#filled = 0;
  }

  #write(bytes: Buffer): void {
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#fd, bytes, done);
    this.#written += bytes.length;
  }
}
