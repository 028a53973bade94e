/** Inputs in memory. */
import type { InputSource } from "../../shared/streams/input-kind.ts";

/** Bytes as an input, given in chunks of `chunkBytes`. */
export function textSource(
  content: Buffer | string,
  name = "inbox/file",
  chunkBytes = 64 * 1024,
): InputSource {
  const bytes = Buffer.from(content);
  return {
    name,
    bytes: bytes.length,
    async *open(from, to = bytes.length) {
      for (let at = from; at < to; at += chunkBytes) yield bytes.subarray(at, Math.min(to, at + chunkBytes));
    },
  };
}
