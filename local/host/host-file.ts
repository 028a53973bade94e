/** `host.json`: how to reach the process that has a folder. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ProviderName } from "../../shared/models.ts";
import { isAlive } from "../folder-lock.ts";

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
  mkdirSync(folder, { recursive: true });
  const temporary = `${fileOf(folder)}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(host), { mode: 0o600 });
  renameSync(temporary, fileOf(folder));
}

/** From now on nobody finds the host. */
export function removeHostFile(folder: string): void {
  rmSync(fileOf(folder), { force: true });
}

/** The host, if it is alive and answers: another process may have got the id of a dead one. */
export async function findHost(folder: string): Promise<HostFile | null> {
  const host = readHostFile(folder);
  if (!host || !isAlive(host.pid)) return null;
  const url = host.environment.AWS_ENDPOINT_URL_DYNAMODB ?? "";
  const answer = await fetch(url).catch(() => null);
  await answer?.body?.cancel();
  return answer ? host : null;
}

function readHostFile(folder: string): HostFile | null {
  try {
    return HostFile.parse(JSON.parse(readFileSync(fileOf(folder), "utf8")));
  } catch {
    return null;
  }
}
