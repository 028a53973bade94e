/**
 * Unpacks zstd, frame by frame: Node's stream ends after the first frame, and at a skippable one gives nothing, without an
 * error. `cat a.zst b.zst`, pzstd and seekable writers make files of many frames (RFC 8878).
 */
import { constants, createZstdDecompress } from "node:zlib";
import { piped } from "./piped.ts";

const MAGIC = 0xfd2fb528;
/** Skippable frames have this number, but for its last four bits. */
const SKIPPABLE = 0x184d2a50;
/** The window of `zstd --long=27`, the largest that its command unpacks without a flag: 128 MiB. */
const MAX_WINDOW_LOG = 27;

/** Whether a stream that begins so is zstd, or has a skippable frame in front; fewer than four bytes never are. */
export function isZstd(head: Buffer): boolean {
  if (head.length < 4) return false;
  const magic = head.readUInt32LE(0);
  return magic === MAGIC || (magic & 0xfffffff0) === SKIPPABLE;
}

/** The plain bytes of a zstd stream. @throws Error when it is cut or damaged */
export async function* unzstd(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = new Pull(chunks);
  const open = () =>
    createZstdDecompress({
      params: { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG },
      chunkSize: 64 * 1024,
    });
  while (await input.has(1)) {
    const magic = (await input.take(4)).readUInt32LE(0);
    if ((magic & 0xfffffff0) === SKIPPABLE) await input.skip((await input.take(4)).readUInt32LE(0));
    else if (magic === MAGIC) yield* piped(frame(input), open());
    else throw new Error("there are bytes behind its last frame that are no zstd");
  }
}

/** The bytes of one frame whose magic number was read, as they are. Its header and block headers say where it ends. */
async function* frame(input: Pull): AsyncGenerator<Buffer> {
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(MAGIC);
  const descriptor = await input.take(1);
  const flags = descriptor[0] ?? 0;
  const isSingle = (flags & 0x20) !== 0;
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0;
  const dictionaryBytes = [0, 1, 2, 4][flags & 3] ?? 0;
  const rest = (isSingle ? 0 : 1) + dictionaryBytes + sizeBytes;
  yield Buffer.concat([magic, descriptor, await input.take(rest)]);
  for (let isLast = false; !isLast; ) {
    const header = await input.take(3);
    const bits = header.readUIntLE(0, 3);
    isLast = (bits & 1) !== 0;
    const isRepeated = ((bits >> 1) & 3) === 1;
    yield header;
    yield await input.take(isRepeated ? 1 : bits >> 3);
  }
  if ((flags & 4) !== 0) yield await input.take(4);
}

/** Takes so many bytes of a stream at a time. */
class Pull {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async has(bytes: number): Promise<boolean> {
    while (this.#held.length < bytes) {
      const { value, done } = await this.#chunks.next();
      if (done) return false;
      this.#held = this.#held.length === 0 ? Buffer.from(value) : Buffer.concat([this.#held, value]);
    }
    return true;
  }

  async take(bytes: number): Promise<Buffer> {
    if (!(await this.has(bytes))) throw new Error("its end is missing");
    const taken = this.#held.subarray(0, bytes);
    this.#held = this.#held.subarray(bytes);
    return taken;
  }

  async skip(bytes: number): Promise<void> {
    for (let left = bytes; left > 0; ) {
      if (!(await this.has(1))) throw new Error("its end is missing");
      left -= (await this.take(Math.min(left, this.#held.length))).length;
    }
  }
}
