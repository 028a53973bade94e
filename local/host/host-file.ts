/** `host.json`: which process runs the jobs of a folder, and with which keys. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { ProviderName } from "../../shared/models.ts";
import { folderHolder } from "../folder-lock.ts";
import { writePrivate } from "../private-file.ts";

const HostFile = z.object({
  pid: z.int().positive(),
  /** See `provider-access.ts`. */
  access: z.partialRecord(ProviderName, z.string()),
});
/** What a host says of itself. */
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

/** Milliseconds for which a process that has just taken the folder has to name itself. */
const COMING_UP = 10_000;
const INTERVAL = 100;

/** The folder inside, which a host has locked. */
export const engineFolderOf = (folder: string) => join(folder, "engine");

/** The host, when another process is it. */
export async function findHost(folder: string): Promise<HostFile | null> {
  for (let waited = 0; waited < COMING_UP; waited += INTERVAL) {
    const holder = folderHolder(engineFolderOf(folder));
    if (holder === null || holder === process.pid) return null;
    const host = readHostFile(folder);
    // During a handover the file names the next host already, which may be this process.
    if (host) return host.pid === process.pid ? null : host;
    await sleep(INTERVAL);
  }
  return null;
}

function readHostFile(folder: string): HostFile | null {
  try {
    return HostFile.parse(JSON.parse(readFileSync(fileOf(folder), "utf8")));
  } catch {
    return null;
  }
}
