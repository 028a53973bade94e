/**
 * Answers come in the provider's order and are wanted in ours. They wait in a file on the
 * Lambda's disk: memory holds only where each one lies. The disk must hold the results of one batch.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ItemStatus } from "../models.ts";

/** Answers are gathered into blocks of this size before they are written. */
const BLOCK_BYTES = 256 * 1024;

/** The file is read by pages of this size, of which so many are kept. */
const PAGE_BYTES = 64 * 1024;
const MOST_PAGES = 64;

const CUT_SHORT = "the spooled answers were cut short";

export interface Spooled {
  status: ItemStatus;
  retryable: boolean;
  bytes: Buffer;
}

/** What is kept of an answer beside its bytes: line, status, whether it may be tried again, where its bytes lie. */
export type SpoolRow = [line: number, status: ItemStatus, retryable: boolean, start: number, length: number];

/** A file of answers, each to be read back by its line. There is no file before the first block is full. */
export class Spool {
  #file: { dir: string; fd: number } | undefined;
  /** The index of each line in the lists below: an object for each of 50,000 answers is copied by every collection. */
  readonly #places = new Map<number, number>();
  readonly #statuses: ItemStatus[] = [];
  readonly #retryable: boolean[] = [];
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  readonly #block = Buffer.allocUnsafe(BLOCK_BYTES);
  #filled = 0;
  #written = 0;
  /** Pages that were asked for last; null until they are asked for again. A page is whole only once all was written. */
  readonly #pages = new Map<number, Buffer | null>();
  /** Memory of pages that are no longer kept. */
  readonly #free: Buffer[] = [];

  /** Lines with an answer. */
  get size(): number {
    return this.#places.size;
  }

  /** What became of a line, where it has an answer already. */
  statusOf(line: number): ItemStatus | undefined {
    const place = this.#places.get(line);
    return place === undefined ? undefined : this.#statuses[place];
  }

  /** Keeps an answer as bytes of UTF-8; a second one for a line takes its place. */
  add(line: number, status: ItemStatus, retryable: boolean, text: string): void {
    // UTF-8 has three bytes at most for a character of a string: nearly always there is room without counting.
    if (text.length * 3 > BLOCK_BYTES - this.#filled) this.#flush();
    const start = this.#written + this.#filled;
    const length = text.length * 3 > BLOCK_BYTES ? this.#writeLarge(text) : this.#fill(text);
    this.#note([line, status, retryable, start, length]);
  }

  #note([line, status, retryable, start, length]: SpoolRow): void {
    const place = this.#places.get(line) ?? this.#starts.length;
    this.#places.set(line, place);
    this.#statuses[place] = status;
    this.#retryable[place] = retryable;
    this.#starts[place] = start;
    this.#lengths[place] = length;
  }

  /** The answer to a line, or null. Its bytes are valid until the next call. */
  get(line: number): Spooled | null {
    const place = this.#places.get(line);
    if (place === undefined) return null;
    const [, status, retryable, start, length] = this.#row(line, place);
    return { status, retryable, bytes: this.#bytesAt(start, length) };
  }

  #row(line: number, place: number): SpoolRow {
    return [
      line,
      this.#statuses[place] as ItemStatus,
      this.#retryable[place] as boolean,
      this.#starts[place] as number,
      this.#lengths[place] as number,
    ];
  }

  #bytesAt(start: number, length: number): Buffer {
    if (start >= this.#written) {
      const at = start - this.#written;
      return this.#block.subarray(at, at + length);
    }
    const page = Math.floor(start / PAGE_BYTES);
    const at = start - page * PAGE_BYTES;
    const bytes = at + length > PAGE_BYTES ? undefined : this.#page(page);
    return bytes && at + length <= bytes.length
      ? bytes.subarray(at, at + length)
      : this.#read(start, Buffer.allocUnsafe(length));
  }

  /**
   * A page of the file, where it was asked for lately: providers mix answers, but seldom carry one far. Undefined at the
   * first time: where answers lie in any order, whole pages would be read for one each.
   */
  #page(page: number): Buffer | undefined {
    const known = this.#pages.get(page);
    if (known) return known;
    if (known === undefined) {
      this.#pages.set(page, null);
      if (this.#pages.size > MOST_PAGES) {
        const [[oldest, bytes]] = this.#pages as unknown as [[number, Buffer | null]];
        this.#pages.delete(oldest);
        if (bytes?.length === PAGE_BYTES) this.#free.push(bytes);
      }
      return undefined;
    }
    const start = page * PAGE_BYTES;
    const memory = this.#free.pop() ?? Buffer.allocUnsafeSlow(PAGE_BYTES);
    const bytes = this.#read(start, memory.subarray(0, Math.min(PAGE_BYTES, this.#written - start)));
    this.#pages.set(page, bytes);
    return bytes;
  }

  #read(start: number, bytes: Buffer): Buffer {
    for (let read = 0; read < bytes.length; ) {
      const count = readSync(this.#fd, bytes, read, bytes.length - read, start + read);
      if (count === 0) throw new Error(CUT_SHORT);
      read += count;
    }
    return bytes;
  }

  /** What `restore` needs besides the bytes. */
  rows(): SpoolRow[] {
    return Array.from(this.#places, ([line, place]) => this.#row(line, place));
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

  /** Makes a new spool of another's rows and bytes. @throws Error when there are fewer bytes than the rows say */
  static async restore(rows: SpoolRow[], bytes: AsyncIterable<Uint8Array>): Promise<Spool> {
    const spool = new Spool();
    try {
      for await (const chunk of bytes) spool.#write(chunk);
      for (const row of rows) {
        const [, , , start, length] = row;
        if (start + length > spool.#written) throw new Error(CUT_SHORT);
        spool.#note(row);
      }
      return spool;
    } catch (error) {
      spool.close();
      throw error;
    }
  }

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
