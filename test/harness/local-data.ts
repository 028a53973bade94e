import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { startDataServices } from "../../local/engine/data-services.ts";
import { openObject } from "../../shared/objects/objects.ts";

/** Starts S3 and DynamoDB on loopback for a test file, and points this process to them. */
export async function startLocalData(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-data-"));
  const services = await startDataServices(dir);
  Object.assign(process.env, services.environment);
  afterAll(async () => {
    await services.close();
    rmSync(dir, { recursive: true, force: true });
  });
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
