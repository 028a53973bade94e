/** How a command gets at a folder: as its host, or beside the host. */
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openStores } from "../engine/stores.ts";
import { FolderInUseError, folderHolder } from "../folder-lock.ts";
import { logFile, spawnHost } from "./detached.ts";
import type { Host, HostEvents } from "./host.ts";
import { findHost, type HostFile } from "./host-file.ts";
import { engineFolder, folderOf, type Place, rememberOrigin } from "./place.ts";
import { queuedExecutions } from "./queue.ts";

/** A folder whose records and objects this process reads and writes. */
export interface OpenFolder {
  /** The host, when it is this process. */
  host?: Host;
  /** The host, when it is another process. */
  attached?: HostFile;
  close(): Promise<void>;
}

/** Between two tries, in milliseconds. */
const PATIENCE = 100;
/** How long a process that has the folder and is no host is waited for, and when that is said; milliseconds. */
const LONGEST_WAIT = 60_000;
const SILENCE = 2_000;

/** Opens a folder as its host, or, when another process is that, beside it. */
export async function openToRun(place: Place, events: HostEvents): Promise<OpenFolder> {
  // Loaded to run alone: with it come the engine and the sandbox.
  const { startHost } = await import("./host.ts");
  const found = await hostOf(place, () => startHost(place, events));
  if ("pid" in found) return { attached: found, close: openBeside(place) };
  return { host: found, close: () => found.close() };
}

/** Opens a folder beside its host, where it has one; what is queued later starts one. */
export async function openToQueue(place: Place): Promise<OpenFolder> {
  rememberOrigin(place);
  const attached = await findHost(folderOf(place));
  return { ...(attached && { attached }), close: openBeside(place) };
}

/** Opens a folder to read it, whether it has a host or not; null when the folder was never used. */
export async function openToRead(place: Place): Promise<OpenFolder | null> {
  if (!existsSync(engineFolder(place))) return null;
  return { close: openBeside(place) };
}

/**
 * Makes sure that a host runs a queued execution: without one, it starts a host in a process of its own. A host that ends
 * reads the queue once more after it can no longer be found. So it also runs what was queued just before.
 */
export async function ensureHost(place: Place, execution: string): Promise<void> {
  const folder = folderOf(place);
  let spawned: ReturnType<typeof spawnHost> | undefined;
  await hostOf(place, async () => {
    // A short job may have ended, and its host with it.
    if (!queuedExecutions(folder).some((queued) => queued.execution === execution)) return;
    if (spawned?.exitCode) throw new Error(`the process that runs jobs ended at once: see ${logFile(place)}`);
    if (!spawned || spawned.exitCode === 0) spawned = spawnHost(place);
    throw new FolderInUseError(`the process that runs jobs does not come up: see ${logFile(place)}`);
  });
}

function openBeside(place: Place): () => Promise<void> {
  const stores = openStores(engineFolder(place), false);
  return async () => stores.close();
}

/**
 * The host that is another process, or what `take` gives, whichever is possible first.
 * @throws FolderInUseError that `take` throws, when neither becomes possible
 */
async function hostOf<Taken>(place: Place, take: () => Promise<Taken>): Promise<HostFile | Taken> {
  rememberOrigin(place);
  const begun = Date.now();
  let said = false;
  for (;;) {
    const host = await findHost(folderOf(place));
    if (host) return host;
    try {
      return await take();
    } catch (error) {
      if (!(error instanceof FolderInUseError) || Date.now() > begun + LONGEST_WAIT) throw error;
    }
    const holder = folderHolder(engineFolder(place));
    if (!said && holder && Date.now() > begun + SILENCE) {
      said = true;
      console.error(`nightshift: waiting for process ${holder}, which has ${engineFolder(place)}`);
    }
    await sleep(PATIENCE);
  }
}
