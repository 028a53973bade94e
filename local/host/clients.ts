/** The processes that use a folder through its host: it stays up for them. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "../folder-lock.ts";

const folderOf = (folder: string) => join(folder, "clients");

/** Says that this process is about to use the folder, until the returned function is called or the process ends. */
export function register(folder: string): () => void {
  mkdirSync(folderOf(folder), { recursive: true });
  const file = join(folderOf(folder), String(process.pid));
  writeFileSync(file, "");
  return () => rmSync(file, { force: true });
}

/** Whether another process uses the folder. */
export function hasClients(folder: string): boolean {
  return pids(folder).some((pid) => {
    if (isAlive(pid)) return true;
    rmSync(join(folderOf(folder), String(pid)), { force: true });
    return false;
  });
}

function pids(folder: string): number[] {
  try {
    return readdirSync(folderOf(folder)).map(Number).filter(Number.isInteger);
  } catch {
    // Nobody ever registered.
    return [];
  }
}
