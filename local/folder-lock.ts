/** One process at a time may use a data folder: its database cannot be shared. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Takes the folder for this process until the returned function is called or the process ends,
 * however it ends.
 * @throws Error naming the process that has it
 */
export function lockFolder(dir: string): () => void {
  mkdirSync(dir, { recursive: true });
  const file = join(dir, "pid");
  const holder = readHolder(file);
  if (holder !== null && holder !== process.pid && isAlive(holder)) {
    throw new Error(
      `${dir} is in use by process ${holder}, another nightshift run; wait for it, or give this one a folder of its own with --data-dir (if that process is something else, delete ${file})`,
    );
  }
  if (existsSync(file)) rmSync(file);
  // Fails when another process was a moment faster.
  writeFileSync(file, `${process.pid}\n`, { flag: "wx" });
  return () => rmSync(file, { force: true });
}

function readHolder(file: string): number | null {
  try {
    return Number.parseInt(readFileSync(file, "utf8"), 10) || null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and it is another user's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
