/** Streamed writes to the bucket. */
import { release } from "../release.ts";
import { Utf8Text } from "../streams/utf8-text.ts";
import { putObject } from "./objects.ts";
import type { ObjectHeaders, Upload } from "./port.ts";
import { objects, partBytes } from "./store.ts";

/** Bytes that are held to begin with: most objects are small lists. */
const FIRST_BYTES = 64 * 1024;

/** S3 takes 10,000 parts. Those behind the first half are larger: so many of 5 MiB and of 20 MiB make 120 GiB. */
const SMALL_PARTS = 5000;
const GROWTH = 4;

/**
 * Writes one object part by part; it appears whole at `close`, or not at all. Holds two parts at
 * most: the one that is filled and the one that is sent.
 */
export class ObjectWriter {
  /** Bytes written so far. */
  bytes = 0;
  readonly #key: string;
  readonly #headers: ObjectHeaders;
  #partBytes = partBytes();
  #part: Buffer = Buffer.allocUnsafe(Math.min(FIRST_BYTES, this.#partBytes));
  #filled = 0;
  #spare: Buffer | undefined;
  #upload: Upload | undefined;
  #sending: Promise<void> | undefined;
  #parts = 0;

  constructor(key: string, headers: Partial<ObjectHeaders> = {}) {
    this.#key = key;
    this.#headers = { contentType: "application/jsonl", ...headers };
  }

  /** Appends text or bytes; gives a promise only when a part is full, and then it must be waited for. */
  write(data: string | Buffer | Utf8Text): Promise<void> | undefined {
    // UTF-8 has three bytes at most for a character of a string: nearly always there is room without counting.
    if (typeof data === "string" && this.#hasRoom(data.length * 3)) {
      const size = this.#part.write(data, this.#filled);
      this.#filled += size;
      this.bytes += size;
      return undefined;
    }
    const bytes = bytesOf(data);
    this.bytes += bytes.length;
    if (!this.#hasRoom(bytes.length)) return this.#writeAcross(bytes);
    this.#filled += bytes.copy(this.#part, this.#filled);
    return undefined;
  }

  /** Whether so many bytes fit into the part, which grows up to its full size for them. */
  #hasRoom(bytes: number): boolean {
    const needed = this.#filled + bytes;
    if (needed <= this.#part.length) return true;
    if (this.#part.length < this.#partBytes) {
      const grown = Buffer.allocUnsafe(Math.min(this.#partBytes, Math.max(needed, 2 * this.#part.length)));
      this.#part.copy(grown, 0, 0, this.#filled);
      release(this.#part);
      this.#part = grown;
    }
    return needed <= this.#partBytes;
  }

  async #writeAcross(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#filled === this.#partBytes) await this.#send();
      const size = bytes.copy(this.#part, this.#filled, at);
      this.#filled += size;
      at += size;
    }
  }

  /** Sends the filled part once the one before it has arrived, whose memory it then uses for the next. */
  async #send(): Promise<void> {
    await this.#sending;
    const body = this.#part.subarray(0, this.#filled);
    this.#sending = this.#append(body);
    // Its failure is thrown by the next wait for it; until then it must not count as unhandled.
    this.#sending.catch(() => undefined);
    if (++this.#parts === SMALL_PARTS) this.#partBytes *= GROWTH;
    const spare = this.#spare?.length === this.#partBytes ? this.#spare : Buffer.allocUnsafe(this.#partBytes);
    [this.#part, this.#spare] = [spare, this.#part];
    this.#filled = 0;
  }

  async #append(bytes: Buffer): Promise<void> {
    this.#upload ??= await (await objects()).upload(this.#key, this.#headers);
    await this.#upload.append(bytes);
  }

  /** Ends the object and makes it visible. */
  async close(): Promise<void> {
    if (this.#sending === undefined) {
      await putObject(this.#key, this.#part.subarray(0, this.#filled), this.#headers);
    } else {
      if (this.#filled > 0) await this.#send();
      await this.#sending;
      await this.#upload?.complete();
    }
    // The next batch's files begin while these would still be held.
    release(this.#part);
    if (this.#spare) release(this.#spare);
  }

  /** Gives the object up: nothing of it remains. */
  async abort(): Promise<void> {
    await this.#sending?.catch(() => undefined);
    await this.#upload?.abort();
  }
}

/**
 * Closes the writers in their order once `write` has ended: the object that stands for all comes last.
 * @throws what `write` or a writer throws; nothing is left then of the objects that were not closed
 */
export async function writeWhole(
  writers: readonly ObjectWriter[],
  write: () => Promise<void>,
): Promise<void> {
  try {
    await write();
    for (const writer of writers) await writer.close();
  } catch (error) {
    await Promise.allSettled(writers.map((writer) => writer.abort()));
    throw error;
  }
}

function bytesOf(data: string | Buffer | Utf8Text): Buffer {
  if (typeof data === "string") return Buffer.from(data);
  return data instanceof Utf8Text ? data.view : data;
}
