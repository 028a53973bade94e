/** Every store of ours, for suites that hold all of them to the same behaviour. */
import { AsyncLocalStorage } from "node:async_hooks";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { openStores } from "../../local/engine/stores.ts";
import type { ObjectStore } from "../../shared/objects/port.ts";
import { type S3, s3Store } from "../../shared/objects/s3-store.ts";
import { type Dynamo, dynamoTable } from "../../shared/records/dynamo-table.ts";
import type { TableStore } from "../../shared/records/port.ts";
import { SimulatedBucket } from "../simulation/bucket.ts";
import { type Command, SimulatedTable, throughMarshalling } from "../simulation/table.ts";
import type { World } from "../simulation/world.ts";
import { startAwsServers } from "./aws-servers.ts";

/** A bucket and a table. */
export interface StorePair {
  objects: ObjectStore;
  table: TableStore;
}

/** The stores by name: in files, in the simulation (without its faults), and other people's servers. */
export async function allStores(): Promise<ReadonlyMap<string, StorePair>> {
  const client = await startAwsServers();
  return new Map([
    ["embedded", embedded()],
    ["simulated", simulated()],
    ["fauxqs and dynalite", { objects: s3Store(client), table: dynamoTable() }],
  ]);
}

function embedded(): StorePair {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-stores-"));
  const stores = openStores(dir);
  afterAll(() => {
    stores.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return stores;
}

function simulated(): StorePair {
  const world = quietWorld();
  const [bucket, table] = [new SimulatedBucket(world), new SimulatedTable(world)];
  const s3 = {
    send: async (command: Command) => bucket.act(command.constructor.name, command.input as never),
  };
  const dynamo = {
    send: async (command: Command) => table.act(command.constructor.name, throughMarshalling(command.input)),
  };
  return {
    objects: s3Store(s3 as unknown as S3),
    table: dynamoTable(dynamo as unknown as Dynamo),
  };
}

/** A world without faults, in which an hour passes between any two looks at the clock: nothing is behind. */
function quietWorld(): World {
  let hours = 0;
  const time = {
    get now() {
      return ++hours * 3_600_000;
    },
    sleep: async () => {},
  };
  const quiet = { strikes: () => false, count: () => {} };
  const world = { time, faults: quiet, runs: new AsyncLocalStorage(), latency: () => 0, note: () => {} };
  return {
    ...world,
    between: (least: number, most: number) => Math.ceil((least + most) / 2),
  } as unknown as World;
}
