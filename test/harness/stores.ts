/** Every store of ours, for suites that hold all of them to the same behaviour. */
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
import { type Command, SimulatedTable } from "../simulation/table.ts";
import { World } from "../simulation/world.ts";
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
  const world = new World(1);
  const [bucket, table] = [new SimulatedBucket(world), new SimulatedTable(world)];
  const acting = (store: { act(command: string, input: never): object }) => ({
    send: async ({ constructor, input }: Command) =>
      store.act(constructor.name, structuredClone(input) as never),
  });
  return {
    objects: s3Store(acting(bucket) as unknown as S3),
    table: dynamoTable(acting(table) as unknown as Dynamo),
  };
}
