/** Brings an object of the bucket to a file, which appears whole or not at all. */
import { open, rename, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../shared/errors.ts";
import { headObject, type ObjectInfo, openObject } from "../../shared/objects/objects.ts";
import { objects } from "../../shared/objects/store.ts";

/** Connections that may be cut one after the other without a byte gained. */
const TRIES = 5;

/**
 * Downloads an object as a stream. What came before the connection was cut, or this process killed, is kept beside
 * `path`. It is resumed as long as the object is the same.
 * @throws Error when there is no such object, or the connection cannot be kept
 */
export async function download(key: string, path: string): Promise<void> {
  const object = await headObject(key);
  if (!object) throw new Error(`there is no object ${key} in the bucket: it was removed`);
  const store = await objects();
  // An object of this machine needs no connection, and its bytes no way through this process.
  if (store.copyTo) return store.copyTo(key, path);
  // Another object, as after a job was run again, is another part.
  const part = `${path}.${object.etag.slice(0, 12)}.part`;
  let tries = 0;
  for (let have = await length(part); have !== object.bytes; ) {
    const from = have ?? 0;
    try {
      await append(key, object, part, from);
      have = await length(part);
    } catch (error) {
      have = await length(part);
      tries = (have ?? 0) > from ? 1 : tries + 1;
      if (tries >= TRIES) {
        const message = `${path}: the download was cut: ${messageOf(error)}; the same command resumes there`;
        throw new Error(message, { cause: error });
      }
      await sleep(200 * 2 ** tries);
    }
  }
  await rename(part, path);
}

/** Two processes at once write the same bytes to the same places. */
async function append(key: string, object: ObjectInfo, part: string, from: number): Promise<void> {
  const { etag } = object;
  // An empty object has no range.
  const body = await openObject(key, from > 0 ? { etag, range: `bytes=${from}-` } : { etag });
  const file = await open(part, from > 0 ? "r+" : "w", 0o600);
  try {
    let at = from;
    // Not a pipe: that throws away what it holds when the connection is cut.
    for await (const chunk of body) at += (await file.write(chunk, 0, chunk.length, at)).bytesWritten;
  } finally {
    await file.close();
  }
}

/** Bytes of a file; null when there is none. */
async function length(path: string): Promise<number | null> {
  return (await stat(path).catch(() => null))?.size ?? null;
}
