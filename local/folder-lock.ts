/**
 * One process at a time runs the jobs of a data folder. The lock is SQLite's own, on a file in the folder. The system
 * frees it when the process ends, however it ends. No later process of the same id is taken for the holder.
 */
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sqliteCode } from "./disk-error.ts";
import { makeFolders } from "./make-folders.ts";

export class FolderInUseError extends Error {
  override name = "FolderInUseError";
}

/** SQLite's code for a lock that another has: https://sqlite.org/rescode.html#busy */
const BUSY = 5;
/** Milliseconds for which somebody who only asks for the holder is waited for. */
const PATIENCE = 250;

/** Locks of this process: an open one must not be collected as garbage. */
const held = new Set<DatabaseSync>();

/**
 * Takes the folder for this process until the returned function is called or the process ends.
 * @throws FolderInUseError naming the process that has it
 */
export function lockFolder(dir: string): () => void {
  makeFolders(dir, 0o700);
  const lock = tryLock(dir);
  if (!lock)
    throw new FolderInUseError(
      `${dir} is in use by process ${readHolder(dir) ?? "?"}, another nightshift; wait for it, or give this one a folder of its own with --data-dir`,
    );
  held.add(lock);
  writeFileSync(pidFile(dir), `${process.pid}\n`, { mode: 0o600 });
  return () => {
    if (!held.delete(lock)) return;
    rmSync(pidFile(dir), { force: true });
    lock.close();
  };
}

/** The process that has a folder, this one included; null when it is free. 0 when nobody knows which. */
export function folderHolder(dir: string): number | null {
  try {
    const lock = tryLock(dir);
    if (!lock) return readHolder(dir) ?? 0;
    lock.close();
    return null;
  } catch {
    // There is no such folder, or it is another user's.
    return null;
  }
}

/** Whether there is a process of this id. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and it is another user's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The lock, or null when another has it. */
function tryLock(dir: string): DatabaseSync | null {
  const file = join(dir, "lock");
  // Never one that is there: closing any handle of a file ends this process's locks on it.
  if (!existsSync(file)) closeSync(openSync(file, "a", 0o600));
  const lock = new DatabaseSync(file, { timeout: PATIENCE });
  try {
    lock.exec("PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    if (sqliteCode(error) === BUSY) return null;
    throw error;
  }
}

const pidFile = (dir: string) => join(dir, "pid");

/** For people: the lock says whether somebody has the folder, and this file who. */
function readHolder(dir: string): number | null {
  try {
    return Number.parseInt(readFileSync(pidFile(dir), "utf8"), 10) || null;
  } catch {
    return null;
  }
}
