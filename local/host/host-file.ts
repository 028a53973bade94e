/** `host.json`: how to reach the process that has a folder. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { ProviderName } from "../../shared/models.ts";
import { isAlive } from "../folder-lock.ts";
import { writePrivate } from "./private-file.ts";

const HostFile = z.object({
  pid: z.int().positive(),
  /** What a process must have in its environment to use the host's services. */
  environment: z.record(z.string(), z.string()),
  /** See `provider-access.ts`. */
  access: z.partialRecord(ProviderName, z.string()),
});
/** What a host tells of itself. */
export type HostFile = z.infer<typeof HostFile>;

const fileOf = (folder: string) => join(folder, "host.json");

/** Tells everybody who may read this user's files that this process is the folder's host. */
export function writeHostFile(folder: string, host: HostFile): void {
  writePrivate(fileOf(folder), host);
}

/** From now on nobody finds the host. */
export function removeHostFile(folder: string): void {
  rmSync(fileOf(folder), { force: true });
}

/** How long a process that is named as the host has to come up, in milliseconds. */
const COMING_UP = 10_000;
const LOOK = 100;

/**
 * The host, if it is alive and answers. One that is coming up, as it takes the folder over, is waited for; that
 * another process has got the id of a dead one shows in its not answering.
 */
export async function findHost(folder: string): Promise<HostFile | null> {
  for (let waited = 0; waited < COMING_UP; waited += LOOK) {
    const host = readHostFile(folder);
    if (!host || host.pid === process.pid || !isAlive(host.pid)) return null;
    if (await answers(host)) return host;
    await sleep(LOOK);
  }
  return null;
}

async function answers({ environment }: HostFile): Promise<boolean> {
  const signal = AbortSignal.timeout(COMING_UP);
  const answer = await fetch(environment.AWS_ENDPOINT_URL_DYNAMODB ?? "", { signal }).catch(() => null);
  await answer?.body?.cancel();
  return answer !== null;
}

function readHostFile(folder: string): HostFile | null {
  try {
    return HostFile.parse(JSON.parse(readFileSync(fileOf(folder), "utf8")));
  } catch {
    return null;
  }
}
