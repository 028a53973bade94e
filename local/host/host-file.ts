/** `host.json`: which process runs the jobs of a folder, and with which keys. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { ProviderName } from "../../shared/models.ts";
import { folderHolder, isAlive } from "../folder-lock.ts";
import { readPrivate, writePrivate } from "../private-file.ts";

const HostFile = z.object({
  pid: z.int().positive(),
  /** See `provider-access.ts`. */
  access: z.partialRecord(ProviderName, z.string()),
});
export type HostFile = z.infer<typeof HostFile>;

const fileOf = (folder: string) => join(folder, "host.json");

/** Names the folder's host to this user's other processes. */
export function writeHostFile(folder: string, host: HostFile): void {
  writePrivate(fileOf(folder), host);
}

/** From now on nobody finds the host. */
export function removeHostFile(folder: string): void {
  rmSync(fileOf(folder), { force: true });
}

/** Milliseconds for which a host that is coming up is waited for. It loads its code, on a machine that may be busy. */
const COMING_UP = 30_000;
const INTERVAL = 100;

/** The folder inside, which a host has locked. */
export const engineFolderOf = (folder: string) => join(folder, "engine");

/**
 * The host, when another process is it. One that is coming up is waited for. It has the folder and no name yet, or it
 * was named next and has not got the folder yet.
 */
export async function findHost(folder: string): Promise<HostFile | null> {
  for (let waited = 0; waited < COMING_UP; waited += INTERVAL) {
    const host = readPrivate(fileOf(folder), HostFile);
    const holder = folderHolder(engineFolderOf(folder));
    if (holder === process.pid || host?.pid === process.pid) return null;
    if (holder !== null && host) return host;
    if (holder === null && !(host && isAlive(host.pid))) return null;
    await sleep(INTERVAL);
  }
  return null;
}
