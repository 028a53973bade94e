/** The object store of the embedded engine: objects are files of one folder, listed in the database. */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { Readable } from "node:stream";
import { INBOX_PREFIX } from "../../shared/names.ts";
import {
  NoSuchObjectError,
  ObjectChangedError,
  type ObjectHeaders,
  type ObjectInfo,
  type ObjectStore,
  type Part,
  RangeNotSatisfiableError,
  type Room,
  type Upload,
} from "../../shared/objects/port.ts";
import { HeldRoom } from "../held-room.ts";
import { DamagedFolderError, undamaged } from "./damaged.ts";
import { inTransaction, objectsFolder, requireIntact, rowCheck } from "./database.ts";
import { FileUpload, type WrittenFile } from "./file-upload.ts";
import { readFileChecked } from "./read-checked.ts";

interface StoredObject extends WrittenFile {
  contentType: string;
  metadata: Record<string, string>;
}

const MIB = 1024 * 1024;
/** Keys of a page of a listing. */
const PAGE = 1000;
/** Milliseconds after which a file that no object names was left by a process that died. */
const LEFT_BEHIND = 24 * 3600 * 1000;
/** Reads of an object that was replaced in between: each sees another version of it. */
const REPLACED_AT_MOST = 10;

/** The bucket in an open database, which is in `file`, and the engine's folder. */
export class FileObjects implements ObjectStore {
  readonly minPartBytes = MIB;
  readonly partBytes = MIB;
  readonly gatherMs = 20;
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #folder: string;

  constructor(database: DatabaseSync, file: string, dir: string) {
    this.#database = database;
    this.#file = file;
    this.#folder = objectsFolder(dir);
  }

  async head(key: string): Promise<ObjectInfo | null> {
    const object = this.#find(key);
    if (!object) return null;
    const { bytes, etag, metadata } = object;
    return { bytes, etag, metadata, version_id: undefined };
  }

  async open(key: string, part: Part): Promise<Readable> {
    const { handle, pieces } = await this.#open(key, part, false);
    const body = Readable.from(pieces, { objectMode: false });
    // Of one that is never read, as for a connection that failed, the generator never begins, and closes nothing.
    return body.once("close", () => void handle.close().catch(() => undefined));
  }

  async #open(key: string, { range, etag }: Part, reuses: boolean) {
    for (let replaced = 0; ; replaced++) {
      const object = this.#find(key);
      if (!object) throw new NoSuchObjectError(`there is no object ${key}`);
      if (etag !== undefined && object.etag !== etag) throw new ObjectChangedError(`${key} has changed`);
      const [from, to] = range === undefined ? [0, object.bytes] : bounds(key, range, object.bytes);
      const path = join(this.#folder, object.file);
      const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
        return null;
      });
      if (handle) return { handle, pieces: readFileChecked(handle, path, object, from, to, reuses) };
      // The object was replaced between the two reads, or its file is gone.
      if (this.#find(key)?.file === object.file || replaced === REPLACED_AT_MOST)
        throw new DamagedFolderError(path, `it is missing; it is the object ${key}`);
    }
  }

  async put(key: string, body: string | Uint8Array, headers: ObjectHeaders): Promise<void> {
    const upload = await this.upload(key, headers);
    try {
      await upload.append(typeof body === "string" ? Buffer.from(body) : body);
      await upload.complete();
    } catch (error) {
      await upload.abort();
      throw error;
    }
  }

  async upload(key: string, { contentType, metadata = {} }: ObjectHeaders): Promise<Upload> {
    // The name is for people. Keys are never paths: they may hold `..`, or be longer than a name.
    const name = `${key.replace(/[^\w.-]+/g, "~").slice(-100)}.${randomBytes(8).toString("hex")}`;
    return FileUpload.begin(this.#folder, name, {
      strong: key.startsWith(INBOX_PREFIX),
      open: async (source, range) => (await this.#open(source, { range }, true)).pieces,
      keep: (written) => this.#keep(key, { ...written, contentType, metadata: lowerCase(metadata) }),
    });
  }

  holdRoom(): Room {
    return new HeldRoom(this.#folder);
  }

  async *list(prefix: string): AsyncGenerator<string[]> {
    let after: string | null = null;
    for (;;) {
      const keys = this.#keys(prefix, after);
      const own = keys.filter((key) => key.startsWith(prefix));
      if (own.length > 0) yield own;
      if (keys.length < PAGE || own.length < keys.length) return;
      after = keys.at(-1) ?? null;
    }
  }

  async copyTo(key: string, path: string): Promise<void> {
    // Read first: what is damaged is not handed out. The copy is another file, which its owner may change.
    for await (const _ of (await this.#open(key, {}, true)).pieces);
    const object = this.#find(key);
    if (!object) throw new NoSuchObjectError(`there is no object ${key}`);
    const part = `${path}.${process.pid}.part`;
    await copyFile(join(this.#folder, object.file), part, constants.COPYFILE_FICLONE);
    await rename(part, path);
  }

  /** Removes the files that processes left which died at work. */
  async removeLeftovers(): Promise<void> {
    const rows = this.#database.prepare("SELECT key FROM objects").all();
    const known = new Set(rows.map(({ key }) => this.#find(String(key))?.file));
    for (const name of await readdir(this.#folder)) {
      if (known.has(name)) continue;
      const path = join(this.#folder, name);
      const info = await stat(path).catch(() => null);
      // One that another process is writing now is young.
      if (info && Date.now() - info.mtimeMs > LEFT_BEHIND) await rm(path, { force: true });
    }
  }

  #keys(from: string, after: string | null): string[] {
    return this.#database
      .prepare("SELECT key FROM objects WHERE key >= ? AND (? IS NULL OR key > ?) ORDER BY key LIMIT ?")
      .all(from, after, after, PAGE)
      .map(({ key }) => String(key));
  }

  #find(key: string): StoredObject | null {
    return undamaged(this.#file, () => {
      const row = this.#database.prepare("SELECT * FROM objects WHERE key = ?").get(key);
      if (!row) return null;
      requireIntact(this.#file, [row.key, row.info], row.check);
      return JSON.parse(String(row.info)) as StoredObject;
    });
  }

  async #keep(key: string, object: StoredObject): Promise<void> {
    const before = undamaged(this.#file, () =>
      inTransaction(this.#database, () => {
        const old = this.#find(key);
        this.#store(key, object);
        return old;
      }),
    );
    // One that stays is removed by a later run: the object is written.
    if (before) await rm(join(this.#folder, before.file), { force: true }).catch(() => {});
  }

  #store(key: string, object: StoredObject): void {
    const info = JSON.stringify(object);
    this.#database
      .prepare(`INSERT OR REPLACE INTO objects (key, info, "check") VALUES (?, ?, ?)`)
      .run(key, info, rowCheck([key, info]));
  }
}

/** The bytes of a range, from one and up to but not including another. */
function bounds(key: string, range: string, bytes: number): [from: number, to: number] {
  const [, from = "", last = ""] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? [];
  if (from === "") throw new Error(`the range ${range} is none that is used here`);
  if (Number(from) >= bytes) throw new RangeNotSatisfiableError(`${key} ends before byte ${from}`);
  return [Number(from), last === "" ? bytes : Math.min(bytes, Number(last) + 1)];
}

function lowerCase(metadata: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value]));
}
