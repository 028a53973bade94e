/** The engine's one database: the records of jobs and batches, and the list of objects. */
import { chmodSync, closeSync, existsSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { makeFolders } from "../make-folders.ts";
import { DamagedFolderError, undamaged } from "./damaged.ts";

/** Raised when the tables change. */
const SCHEMA = 1;

/** Milliseconds for which another process's transaction is waited for; each takes one sync to disk. */
const BUSY_TIMEOUT = 30_000;

/**
 * `check`: see `rowCheck`. Columns of an index of DynamoDB stand beside the record that they are taken from.
 * Texts compare by their UTF-8 bytes, as keys do on AWS.
 */
const TABLES = `
  CREATE TABLE records (
    pk TEXT NOT NULL, sk TEXT NOT NULL, item TEXT NOT NULL, sets TEXT NOT NULL, "check" INTEGER NOT NULL,
    list TEXT, created_at REAL,
    PRIMARY KEY (pk, sk)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX records_by_time ON records (list, created_at, pk, sk) WHERE list IS NOT NULL;
  CREATE TABLE objects (
    key TEXT NOT NULL PRIMARY KEY, info TEXT NOT NULL, "check" INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${SCHEMA};
`;

/** The folder of the objects' bytes, inside the engine's. */
export const objectsFolder = (dir: string) => join(dir, "objects");

/**
 * Opens the database of an engine's folder, and makes it if the folder is new. Several processes may have it open: every
 * write is a transaction, which is on disk when it returns.
 * @param checksAll whether all rows are read, to be sure of them. Who runs no job does without: each row is checked as it is read
 * @throws DamagedFolderError
 */
export function openDatabase(dir: string, checksAll: boolean): DatabaseSync {
  const file = join(dir, "engine.db");
  const isNew = !existsSync(file);
  if (isNew) refuseForeign(dir, file);
  for (const folder of [dir, objectsFolder(dir)]) makeFolders(folder, 0o700);
  chmodSync(dir, 0o700);
  // The files beside it, the log and its index, get the modes of this one. Never a file that is there: closing any handle of
  // it ends this process's locks on it.
  if (isNew) closeSync(openSync(file, "a", 0o600));
  return undamaged(file, () => {
    const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT });
    try {
      prepare(database, file, isNew, checksAll);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

function prepare(database: DatabaseSync, file: string, isNew: boolean, checksAll: boolean): void {
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
  inTransaction(database, () => {
    const version = Number(database.prepare("PRAGMA user_version").get()?.user_version);
    if (version === SCHEMA) return;
    if (version > SCHEMA)
      throw new Error(`${file} was made by a newer Nightshift: use that one, or another --data-dir`);
    // A process that died before its first transaction leaves an empty file; anything else has a version.
    if (!isNew && database.prepare("SELECT 1 FROM sqlite_schema").get())
      throw new DamagedFolderError(file, "it has no version");
    database.exec(TABLES);
  });
  if (!isNew && checksAll) verify(database, file);
}

/** A lost or older database must not pass for a folder without jobs. All of them would be sent and paid again. */
function refuseForeign(dir: string, file: string): void {
  if (existsSync(join(dir, "dynamodb")))
    throw new Error(
      `${dir} was made by an earlier Nightshift, which kept its jobs otherwise. Nothing was sent. Finish its jobs with that one, or give another folder with --data-dir`,
    );
  if (existsSync(objectsFolder(dir)) && readdirSync(objectsFolder(dir)).length > 0)
    throw new DamagedFolderError(file, "it is missing, and objects of jobs are there");
}

/** Reads everything once: some milliseconds for a thousand jobs. SQLite has no checksums of its own. */
function verify(database: DatabaseSync, file: string): void {
  const [first] = database.prepare("PRAGMA quick_check(1)").all();
  if (first?.quick_check !== "ok") throw new DamagedFolderError(file, String(first?.quick_check));
  for (const row of database.prepare(`SELECT pk, sk, item, sets, "check" FROM records`).iterate())
    requireIntact(file, [row.pk, row.sk, row.item, row.sets], row.check);
  for (const row of database.prepare(`SELECT key, info, "check" FROM objects`).iterate())
    requireIntact(file, [row.key, row.info], row.check);
}

/** What a row's `check` column has to say: a checksum of its texts. */
export function rowCheck(texts: readonly unknown[]): number {
  return crc32(texts.join("\n"));
}

/** @throws DamagedFolderError when a row's texts are not those that were written */
export function requireIntact(file: string, texts: readonly unknown[], check: unknown): void {
  if (rowCheck(texts) !== check)
    throw new DamagedFolderError(file, `the checksum of ${JSON.stringify(texts[0])} does not fit`);
}

/** Runs reads and writes as one transaction, alone among the processes that write. */
export function inTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // A full disk has ended the transaction already.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
