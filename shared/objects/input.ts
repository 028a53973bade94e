/** The input object as a source of bytes. */
import type { InputSource } from "../streams/input-kind.ts";
import { openObject } from "./objects.ts";

/** An object of `bytes` bytes. `version` keeps all reads to the same content. */
export function objectSource(key: string, version: string | undefined, bytes: number): InputSource {
  return {
    name: key,
    bytes,
    async *open(from, to = bytes) {
      const end = Math.min(to, bytes);
      // S3 refuses a range without bytes.
      if (from >= end) return;
      const range = from > 0 || end < bytes ? { range: `bytes=${from}-${end - 1}` } : {};
      const body = await openObject(key, { ...(version !== undefined && { version }), ...range });
      try {
        yield* body;
      } finally {
        // A reader that stops early would keep its connection for good, and the client has 50 of them.
        body.destroy();
      }
    },
  };
}
