/** An object's file under way: it gets its bytes, is synced to disk, and only then does the database name it. */
import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { Upload } from "../../shared/objects/port.ts";
import { syncFolder } from "../private-file.ts";

export interface WrittenFile {
  /** Its name in the folder of objects. */
  file: string;
  bytes: number;
  crc: number;
  etag: string;
}

export interface UploadDeps {
  /** Whether the ETag must differ for any two contents: the ETag of a job's input is part of the job's identity. */
  strong: boolean;
  /** The pieces may share memory: each is written before the next is taken. */
  open(key: string, range: string): Promise<AsyncIterable<Uint8Array>>;
  /** Puts the file in the place of what was under the object's key. */
  keep(written: WrittenFile): Promise<void>;
}

export class FileUpload implements Upload {
  readonly #folder: string;
  readonly #name: string;
  readonly #handle: FileHandle;
  readonly #deps: UploadDeps;
  readonly #hash: Hash | undefined;
  #bytes = 0;
  #crc = 0;
  /** Whether the database may name the file: then it stays. */
  #kept = false;
  /** The calls, one after the other. */
  #last: Promise<void> = Promise.resolve();

  private constructor(folder: string, name: string, handle: FileHandle, deps: UploadDeps) {
    this.#folder = folder;
    this.#name = name;
    this.#handle = handle;
    this.#deps = deps;
    this.#hash = deps.strong ? createHash("sha256") : undefined;
  }

  static async begin(folder: string, name: string, deps: UploadDeps): Promise<FileUpload> {
    return new FileUpload(folder, name, await open(join(folder, name), "wx", 0o600), deps);
  }

  append(bytes: Uint8Array): Promise<void> {
    return this.#next(() => this.#write(bytes));
  }

  copy(key: string, from: number, bytes: number): Promise<void> {
    return this.#next(async () => {
      const range = `bytes=${from}-${from + bytes - 1}`;
      for await (const chunk of await this.#deps.open(key, range)) await this.#write(chunk);
    });
  }

  async complete(): Promise<void> {
    await this.#last;
    await this.#handle.datasync();
    await this.#handle.close();
    syncFolder(this.#folder);
    const crc = this.#crc;
    const etag =
      this.#hash?.digest("hex").slice(0, 32) ?? `${crc.toString(16).padStart(8, "0")}-${this.#bytes}`;
    this.#kept = true;
    await this.#deps.keep({ file: this.#name, bytes: this.#bytes, crc, etag });
  }

  async abort(): Promise<void> {
    await this.#last.catch(() => undefined);
    // Closed already when `complete` failed.
    await this.#handle.close().catch(() => undefined);
    if (!this.#kept) await rm(join(this.#folder, this.#name), { force: true });
  }

  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done;
    // Thrown to the caller, and by `complete`; it must not count as unhandled besides.
    done.catch(() => undefined);
    return done;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; )
      at += (await this.#handle.write(bytes, at, bytes.length - at)).bytesWritten;
    this.#bytes += bytes.length;
    this.#crc = crc32(bytes, this.#crc);
    this.#hash?.update(bytes);
  }
}
