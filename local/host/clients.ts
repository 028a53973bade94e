/** The processes that use a folder through its host: it stays up for them. */
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive } from "../folder-lock.ts";

const folderOf = (folder: string) => join(folder, "clients");

/** How often a client says that it is still there, and after how long it is taken for dead; milliseconds. */
const SIGN_OF_LIFE = 10_000;
const DEAD = 60_000;

/** Says that this process is about to use the folder, until the returned function is called or the process ends. */
export function register(folder: string): () => void {
  mkdirSync(folderOf(folder), { recursive: true });
  const file = join(folderOf(folder), String(process.pid));
  const sign = () => writeFileSync(file, "");
  sign();
  const signs = setInterval(sign, SIGN_OF_LIFE).unref();
  return () => {
    clearInterval(signs);
    rmSync(file, { force: true });
  };
}

/** Whether another process uses the folder. The id of one that was killed may be another process's by now. */
export function hasClients(folder: string): boolean {
  return pids(folder).some((pid) => {
    const file = join(folderOf(folder), String(pid));
    const signedAt = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (isAlive(pid) && Date.now() - signedAt < DEAD) return true;
    rmSync(file, { force: true });
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
