/** From a stream as it is stored to its plain bytes in UTF-8. */
import { createGunzip } from "node:zlib";
import { InvalidJobError, messageOf } from "../errors.ts";
import type { InputSource } from "./input-kind.ts";
import { piped } from "./piped.ts";
import { isZstd, unzstd } from "./zstd.ts";

/** How an input is packed, found in its first bytes. */
export type Packing = "plain" | "gzip" | "zstd";
export type Encoding = "utf-8" | "utf-16le" | "utf-16be";

/** `head`: the first four bytes, or all of a shorter input. */
export function packingOf(head: Buffer): Packing {
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip";
  return isZstd(head) ? "zstd" : "plain";
}

/** The bytes that were packed. @throws InvalidJobError when they are not packed so; what the source throws, as it is */
export async function* unpacked(
  { name, open }: Pick<InputSource, "name" | "open">,
  packing: Packing,
): AsyncGenerator<Uint8Array> {
  if (packing === "plain") {
    yield* open(0);
    return;
  }
  let failure: { error: unknown } | undefined;
  const source = (async function* () {
    try {
      yield* open(0);
    } catch (error) {
      failure = { error };
      throw error;
    }
  })();
  try {
    yield* packing === "gzip" ? piped(source, createGunzip({ chunkSize: 64 * 1024 })) : unzstd(source);
  } catch (error) {
    if (failure) throw failure.error;
    throw new InvalidJobError(
      `${name} begins as ${packing} and cannot be unzipped, so it may be cut or damaged: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/** Text in UTF-16 as UTF-8, without its byte order mark. */
export async function* inUtf8(
  chunks: AsyncIterable<Uint8Array>,
  encoding: Encoding,
): AsyncGenerator<Uint8Array> {
  if (encoding === "utf-8") {
    yield* chunks;
    return;
  }
  const decoder = new TextDecoder(encoding);
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    if (text !== "") yield Buffer.from(text);
  }
  const rest = decoder.decode();
  if (rest !== "") yield Buffer.from(rest);
}
