/** How a command gets at a folder: through its host, as its host, or alone for a moment. */
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { startDataServices } from "../engine/data-services.ts";
import { FolderInUseError } from "../folder-lock.ts";
import { register } from "./clients.ts";
import { logFile, spawnHost } from "./detached.ts";
import { type Host, type HostEvents, startHost } from "./host.ts";
import { findHost, type HostFile } from "./host-file.ts";
import { engineFolder, folderOf, type Place, rememberOrigin } from "./place.ts";

/** A folder whose records and objects can be read and written: this process's environment leads to them. */
export interface OpenFolder {
  /** The host, when it is this process. */
  host?: Host;
  /** The host, when it is another process. */
  attached?: HostFile;
  close(): Promise<void>;
}

/** Between two tries, in milliseconds. */
const PATIENCE = 100;
/** How long somebody else's short look at the folder is waited for, in milliseconds. */
const LONGEST_WAIT = 60_000;

/** Opens a folder as its host, or, when another process is that, through it. */
export function openToRun(place: Place, events: HostEvents): Promise<OpenFolder> {
  return open(place, async () => {
    const host = await startHost(place, events);
    return { host, close: () => host.close() };
  });
}

/** Opens a folder through its host, which is started as a process of its own where there is none. */
export function openHosted(place: Place): Promise<OpenFolder> {
  let spawned: ReturnType<typeof spawnHost> | undefined;
  return open(place, async () => {
    if (spawned?.exitCode) throw new Error(`the process that runs jobs ended at once: see ${logFile(place)}`);
    if (!spawned || spawned.exitCode === 0) spawned = spawnHost(place);
    throw new FolderInUseError(`the process that runs jobs does not come up: see ${logFile(place)}`);
  });
}

/** Opens a folder to look at what is there, whether it has a host or not; null when nothing ever was there. */
export async function openToRead(place: Place): Promise<OpenFolder | null> {
  if (!existsSync(engineFolder(place))) return null;
  return open(place, async () => {
    const { environment, close } = await startDataServices(engineFolder(place));
    Object.assign(process.env, environment);
    return { close };
  });
}

/**
 * Attaches to the host, or gets the folder by `take`, whichever is possible first.
 * @throws FolderInUseError that `take` throws, when neither becomes possible
 */
async function open(place: Place, take: () => Promise<OpenFolder>): Promise<OpenFolder> {
  rememberOrigin(place);
  // From now on: a host that comes up for this process, or is about to end, looks for clients.
  const leave = register(folderOf(place));
  const deadline = Date.now() + LONGEST_WAIT;
  try {
    for (;;) {
      const attached = await findHost(folderOf(place));
      if (attached) {
        Object.assign(process.env, attached.environment);
        process.once("exit", leave);
        return { attached, close: async () => leave() };
      }
      try {
        const taken = await take();
        leave();
        return taken;
      } catch (error) {
        if (!(error instanceof FolderInUseError) || Date.now() > deadline) throw error;
      }
      await sleep(PATIENCE);
    }
  } catch (error) {
    leave();
    throw error;
  }
}
