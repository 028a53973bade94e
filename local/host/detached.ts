/** A host in a process of its own, which outlives the command that started it. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { programFile } from "../../shared/package-root.ts";
import { makeFolders } from "../make-folders.ts";
import { folderOf, type Place, ProviderAddress } from "./place.ts";

/** The variable with such a process's orders: everybody could read them on a command line. */
export const ORDERS = "NIGHTSHIFT_HOST";

/** The orders of a detached host; keys are in its environment. */
export const HostOrders = z.object({
  dataDir: z.string(),
  sandbox: z.object({ upstream: z.string().optional() }).nullable(),
  address: ProviderAddress.optional(),
  /** The process that hands the folder over, and is about to end. */
  after: z.int().positive().optional(),
});

const HOST_PROCESS = programFile("local/host/host-process");

/** Where such a host writes what it does. */
export const logFile = (place: Place) => join(folderOf(place), "host.log");

/**
 * Starts a host that runs what is queued, and ends when there is nothing to do. It waits for the folder.
 * @param after the process that is to end first
 */
export function spawnHost(place: Place, after?: number): ChildProcess {
  makeFolders(folderOf(place));
  const { dataDir, sandbox, address } = place;
  const orders: z.infer<typeof HostOrders> = {
    dataDir,
    sandbox: sandbox ? { upstream: sandbox.upstream } : null,
    address,
    after,
  };
  const log = openSync(logFile(place), "a", 0o600);
  try {
    const child = spawn(process.execPath, [HOST_PROCESS], {
      detached: true,
      cwd: folderOf(place),
      stdio: ["ignore", log, log],
      env: {
        ...process.env,
        ...(sandbox?.upstreamKey === undefined ? {} : { UPSTREAM_API_KEY: sandbox.upstreamKey }),
        [ORDERS]: JSON.stringify(orders),
      },
    });
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}
