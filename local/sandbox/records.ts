import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolders } from "../make-folders.ts";

/** What every record has: its id, and its number in the order of creation. */
export interface Numbered {
  id: string;
  n: number;
}

/** Records on disk, one folder each, all of them small enough to be held in memory too. */
export interface Records<T extends Numbered> {
  get(id: string): T | undefined;
  /** The record of an id. @throws what `missing` makes, when there is none */
  require(id: string, missing: () => Error): T;
  /** A record's number, also that of one which was removed since the records were opened. */
  numberOf(id: string): number | undefined;
  newestFirst(): T[];
  next(): number;
  /** Makes the folder of a record that is about to be saved. */
  folder(id: string): string;
  /** Writes a record; once it has returned, the record survives kill -9. */
  save(record: T): void;
  remove(id: string): void;
}

/** Opens the records under a directory; folders without a record are unfinished uploads, and go. */
export function openRecords<T extends Numbered>(dir: string): Records<T> {
  const records = new Map<string, T>();
  const removed = new Map<string, number>();
  for (const id of existsSync(dir) ? readdirSync(dir) : []) {
    const path = join(dir, id, "record.json");
    if (existsSync(path)) records.set(id, JSON.parse(readFileSync(path, "utf8")) as T);
    else rmSync(join(dir, id), { recursive: true, force: true });
  }
  let last = Math.max(0, ...[...records.values()].map(({ n }) => n));
  return {
    get: (id) => records.get(id),
    require(id, missing) {
      const record = records.get(id);
      if (!record) throw missing();
      return record;
    },
    numberOf: (id) => records.get(id)?.n ?? removed.get(id),
    newestFirst: () => [...records.values()].sort((a, b) => b.n - a.n),
    next: () => ++last,
    folder(id) {
      const folder = join(dir, id);
      makeFolders(folder);
      return folder;
    },
    save(record) {
      const path = join(dir, record.id, "record.json");
      // Synchronous and renamed: saves of one record never interleave, and a kill leaves the old or the new one.
      writeFileSync(`${path}.new`, JSON.stringify(record));
      renameSync(`${path}.new`, path);
      records.set(record.id, record);
    },
    remove(id) {
      const record = records.get(id);
      if (record) removed.set(id, record.n);
      records.delete(id);
      rmSync(join(dir, id), { recursive: true, force: true });
    },
  };
}
