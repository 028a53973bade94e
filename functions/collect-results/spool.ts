/**
 * Answers come in the provider's order and are wanted in ours. They wait in a file on the
 * Lambda's disk: memory holds only where each one lies. The disk must hold the results of one batch.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ItemStatus } from "../../shared/models.ts";

const FLUSH_BYTES = 1024 * 1024;

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
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #written = 0;

  /** What became of a line, where it has an answer already. */
  statusOf(line: number): ItemStatus | undefined {
    return this.#entries.get(line)?.status;
  }

  /** Keeps the answer to a line. */
  add(line: number, status: ItemStatus, retryable: boolean, text: string): void {
    const bytes = Buffer.from(text, "utf8");
    this.#entries.set(line, {
      status,
      retryable,
      start: this.#written + this.#pendingBytes,
      length: bytes.length,
    });
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes >= FLUSH_BYTES) this.#flush();
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

  #flush(): void {
    if (this.#pendingBytes === 0) return;
    const block = Buffer.concat(this.#pending);
    for (let done = 0; done < block.length; ) done += writeSync(this.#fd, block, done);
    this.#written += block.length;
    this.#pending = [];
    this.#pendingBytes = 0;
  }
}
