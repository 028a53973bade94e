/** The detached host's process: see `detached.ts`. Its output is the folder's `host.log`. */
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../shared/errors.ts";
import { FolderInUseError, isAlive } from "../folder-lock.ts";
import { keepHeapSmall } from "../heap-size.ts";
import { HostOrders, ORDERS } from "./detached.ts";
import { type Host, startHost } from "./host.ts";
import { findHost } from "./host-file.ts";
import { folderOf, type Place } from "./place.ts";

/** Between two tries to get the folder, or to give it up; milliseconds. */
const PATIENCE = 100;

keepHeapSmall();
const orders = HostOrders.parse(JSON.parse(process.env[ORDERS] ?? ""));
const place: Place = {
  dataDir: orders.dataDir,
  sandbox: orders.sandbox
    ? { upstream: orders.sandbox.upstream, upstreamKey: process.env.UPSTREAM_API_KEY }
    : undefined,
  address: orders.address,
};
while (orders.after !== undefined && isAlive(orders.after)) await sleep(PATIENCE);
const host = await takeFolder();
if (host) {
  log("up");
  while (!host.retire()) await sleep(PATIENCE);
  await host.close();
  log("nothing left to do");
}
process.exit(0);

/** The folder's host, as soon as nobody else has the folder; null when another host has it. */
async function takeFolder(): Promise<Host | null> {
  for (;;) {
    try {
      return await startHost(place, {
        onEvent(event, execution) {
          if (event.type === "retry") log(`${execution} ${event.name}: ${event.error}: ${event.cause}`);
        },
        onExecution({ execution }, state, error) {
          log(`${execution} ${state}${error === undefined ? "" : `: ${messageOf(error)}`}`);
        },
      });
    } catch (error) {
      if (!(error instanceof FolderInUseError)) throw error;
      if (await findHost(folderOf(place))) return null;
      await sleep(PATIENCE);
    }
  }
}

function log(text: string): void {
  console.log(`${new Date().toISOString()} ${process.pid} ${text}`);
}
