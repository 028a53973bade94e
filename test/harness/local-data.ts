import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { openStores, type Stores } from "../../local/engine/stores.ts";
import { openObject } from "../../shared/objects/objects.ts";

/** A bucket and a table in a folder of their own, for a test file. */
export async function startLocalData(): Promise<Stores> {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-data-"));
  const stores = openStores(dir);
  afterAll(async () => {
    stores.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return stores;
}

/** All bytes of a stream. */
export async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

/** All bytes of an object. */
export async function objectBytes(key: string): Promise<Buffer> {
  return bytesOf(await openObject(key));
}
