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

const CUT_SHORT = "the spooled answers were cut short";

/** One spooled answer. */
export interface Spooled {
  status: ItemStatus;
  retryable: boolean;
  start: number;
  length: number;
}

/** What is kept of an answer beside its bytes: line, status, whether it may be tried again, where its bytes lie. */
export type SpoolRow = [line: number, status: ItemStatus, retryable: boolean, start: number, length: number];

/** A file of answers, each to be read back by its line. There is no file before the first block is full. */
export class Spool {
  #file: { dir: string; fd: number } | undefined;
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
    const bytes = Buffer.allocUnsafe(entry.length);
    if (entry.start >= this.#written) {
      this.#block.copy(bytes, 0, entry.start - this.#written);
      return { ...entry, bytes };
    }
    let read = 0;
    while (read < entry.length) {
      const count = readSync(this.#fd, bytes, read, entry.length - read, entry.start + read);
      if (count === 0) throw new Error(CUT_SHORT);
      read += count;
    }
    return { ...entry, bytes };
  }

  /** What `restore` needs besides the bytes. */
  rows(): SpoolRow[] {
    return Array.from(this.#entries, ([line, { status, retryable, start, length }]) => {
      return [line, status, retryable, start, length];
    });
  }

  /** The file's bytes, in pieces; each is valid until the next. */
  *bytes(): Generator<Buffer> {
    this.#flush();
    for (let at = 0; at < this.#written; ) {
      const read = readSync(this.#fd, this.#block, 0, BLOCK_BYTES, at);
      if (read === 0) throw new Error(CUT_SHORT);
      at += read;
      yield this.#block.subarray(0, read);
    }
  }

  /** Makes a new spool of another's rows and bytes. @throws Error when there are fewer bytes than the rows tell of */
  static async restore(rows: SpoolRow[], bytes: AsyncIterable<Uint8Array>): Promise<Spool> {
    const spool = new Spool();
    try {
      for await (const chunk of bytes) spool.#write(chunk);
      for (const [line, status, retryable, start, length] of rows) {
        if (start + length > spool.#written) throw new Error(CUT_SHORT);
        spool.#entries.set(line, { status, retryable, start, length });
      }
      return spool;
    } catch (error) {
      spool.close();
      throw error;
    }
  }

  /** Removes the file. */
  close(): void {
    if (!this.#file) return;
    closeSync(this.#file.fd);
    rmSync(this.#file.dir, { recursive: true, force: true });
    this.#file = undefined;
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

  get #fd(): number {
    if (!this.#file) {
      const dir = mkdtempSync(join(tmpdir(), "nightshift-"));
      this.#file = { dir, fd: openSync(join(dir, "answers"), "w+") };
    }
    return this.#file.fd;
  }

  #write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#fd, bytes, done);
    this.#written += bytes.length;
  }
}
