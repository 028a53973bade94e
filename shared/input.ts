/** The input object as a stream of plain bytes. */
import { createGunzip } from "node:zlib";
import { InvalidJobError } from "./errors.ts";
import { openObject } from "./objects.ts";

/** Longest line of an input, in bytes; a longer one is an invalid line. */
export const MAX_LINE_BYTES = 20 * 1024 * 1024;

/**
 * The bytes of an input object, unzipped when it is gzip (told by its first two bytes, whatever
 * its name).
 * @throws InvalidJobError when it begins as gzip but is not
 */
export async function* openInput(key: string, version: string | undefined): AsyncGenerator<Uint8Array> {
  const body = await openObject(key, version ? { version } : {});
  try {
    const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    const first = await chunks.next();
    if (first.done) return;
    const rest = (async function* () {
      yield first.value;
      yield* { [Symbol.asyncIterator]: () => chunks };
    })();
    if (first.value[0] === 0x1f && first.value[1] === 0x8b) yield* unzipped(rest);
    else yield* rest;
  } finally {
    // A reader that stops early would keep its connection for good, and the client has 50 of them.
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
