/** The input object as a stream of plain bytes. */
import { createGunzip } from "node:zlib";
import { InvalidJobError } from "../errors.ts";
import { skipBytes } from "../streams/skip-bytes.ts";
import { openObject } from "./objects.ts";

/** Longest line of an input, in bytes; a longer one is an invalid line. */
export const MAX_LINE_BYTES = 20 * 1024 * 1024;

/**
 * The bytes of an input object, unzipped when it is gzip (told by its first two bytes, whatever
 * its name).
 * @param from the byte of the plain input to begin at
 * @throws InvalidJobError when it begins as gzip but is not
 */
export async function* openInput(
  key: string,
  version: string | undefined,
  from = 0,
): AsyncGenerator<Uint8Array> {
  const at = version ? { version } : {};
  if (from > 0 && !(await isGzip(key, at))) {
    yield* openRange(key, at, from);
    return;
  }
  const body = await openObject(key, at);
  try {
    yield* skipBytes(plainBytes(body), from);
  } finally {
    // A reader that stops early would keep its connection for good, and the client has 50 of them.
    body.destroy();
  }
}

/**
 * A stream's bytes, unzipped when they are gzip.
 * @throws InvalidJobError when it begins as gzip but is not
 */
export async function* plainBytes(body: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done) return;
  const all = (async function* () {
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => chunks };
  })();
  yield* hasGzipMagic(first.value) ? unzipped(all) : all;
}

function hasGzipMagic(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

async function isGzip(key: string, at: { version?: string }): Promise<boolean> {
  const chunks: Buffer[] = [];
  for await (const chunk of await openObject(key, { ...at, range: "bytes=0-1" })) chunks.push(chunk);
  return hasGzipMagic(Buffer.concat(chunks));
}

async function* openRange(key: string, at: { version?: string }, from: number): AsyncGenerator<Uint8Array> {
  const body = await openObject(key, { ...at, range: `bytes=${from}-` });
  try {
    yield* body;
  } finally {
    body.destroy();
  }
}

async function* unzipped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: 64 * 1024 });
  let source: unknown;
  const feed = (async () => {
    try {
      for await (const chunk of chunks) {
        if (!gunzip.write(chunk)) await new Promise((resolve) => gunzip.once("drain", resolve));
      }
      gunzip.end();
    } catch (error) {
      source = error;
      gunzip.destroy(error as Error);
    }
  })();
  try {
    yield* gunzip;
    await feed;
  } catch (error) {
    if (source) throw source;
    throw new InvalidJobError(
      `the input begins as gzip but cannot be unzipped: ${(error as Error).message}`,
      { cause: error },
    );
  }
}
