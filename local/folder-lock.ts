/** One process at a time may use a data folder: its database cannot be shared. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Another process has the folder. */
export class FolderInUseError extends Error {
  override name = "FolderInUseError";
}

/**
 * Takes the folder for this process until the returned function is called or the process ends,
 * however it ends.
 * @throws FolderInUseError naming the process that has it
 */
export function lockFolder(dir: string): () => void {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, "pid");
  // A link makes the lock and what it says at once: a lock that says nothing yet would look like a dead process's.
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, `${process.pid}\n`);
  try {
    if (!link(mine, file)) {
      const holder = readHolder(file);
      if (holder !== null && holder !== process.pid && isAlive(holder)) throw inUse(dir, holder);
      removeStale(file, holder);
      if (!link(mine, file)) throw inUse(dir, readHolder(file));
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return () => rmSync(file, { force: true });
}

/** The living process that has a folder; null when it is free. */
export function folderHolder(dir: string): number | null {
  const holder = readHolder(join(dir, "pid"));
  return holder !== null && isAlive(holder) ? holder : null;
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

function inUse(dir: string, holder: number | null): FolderInUseError {
  const file = join(dir, "pid");
  return new FolderInUseError(
    `${dir} is in use by process ${holder}, another nightshift; wait for it, or give this one a folder of its own with --data-dir (if that process is something else, delete ${file})`,
  );
}

/** Removes the lock of a dead process; one that another process made in the meantime is put back. */
function removeStale(file: string, holder: number | null): void {
  const aside = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (readHolder(aside) !== holder) link(aside, file);
  rmSync(aside, { force: true });
}

/** False when there is such a file already. */
function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function readHolder(file: string): number | null {
  try {
    return Number.parseInt(readFileSync(file, "utf8"), 10) || null;
  } catch {
    return null;
  }
}
