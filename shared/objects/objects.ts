/** The bucket: streamed reads, and whole writes of what is small; `object-writer.ts` writes what is large. */
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { NoSuchObjectError, type ObjectHeaders, type ObjectInfo, type Part } from "./port.ts";
import { objects } from "./store.ts";

export type { ObjectInfo } from "./port.ts";

/** An object's properties, or null when there is no such object. */
export async function headObject(key: string, version?: string): Promise<ObjectInfo | null> {
  return (await objects()).head(key, version);
}

/** An object's body as a stream, which fails when bytes are missing. @throws NoSuchObjectError */
export async function openObject(key: string, part: Part = {}): Promise<Readable> {
  return (await objects()).open(key, part);
}

/** A small object's text, or null when there is no such object. */
export async function readText(key: string): Promise<string | null> {
  try {
    return await text(await openObject(key));
  } catch (error) {
    if (error instanceof NoSuchObjectError) return null;
    throw error;
  }
}

/** An object's bytes, or those of a part of it: it must fit into memory. @throws NoSuchObjectError */
export async function readBytes(key: string, part: Part = {}): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await openObject(key, part)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Writes a whole object, in place of what was there. */
export function writeText(key: string, body: string, contentType = "application/json"): Promise<void> {
  return putObject(key, body, { contentType });
}

/** Writes a whole object, in place of what was there. Default content type: JSON lines. */
export async function putObject(
  key: string,
  body: string | Uint8Array,
  headers: Partial<ObjectHeaders> = {},
): Promise<void> {
  await (await objects()).put(key, body, { contentType: "application/jsonl", ...headers });
}
