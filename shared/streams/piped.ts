/** A transform stream between two async iterables, whose errors are distinguished from the source's. */
import type { Duplex } from "node:stream";

/** What a transform makes of the chunks. @throws what the source or the transform throws */
export async function* piped(chunks: AsyncIterable<Uint8Array>, transform: Duplex): AsyncGenerator<Buffer> {
  let failure: { error: unknown } | undefined;
  const feed = (async () => {
    try {
      for await (const chunk of chunks) {
        if (transform.destroyed) return;
        if (!transform.write(chunk)) await drained(transform);
      }
      transform.end();
    } catch (error) {
      failure = { error };
      transform.destroy(error as Error);
    }
  })();
  try {
    yield* transform;
    await feed;
  } catch (error) {
    throw failure ? failure.error : error;
  } finally {
    transform.destroy();
  }
}

function drained(transform: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      transform.off("drain", done).off("close", done);
      resolve();
    };
    transform.on("drain", done).on("close", done);
  });
}
