/** Puts objects one behind the other, by the store's own copies wherever they are large enough. */
import { putObject, readBytes } from "./objects.ts";
import type { ObjectHeaders } from "./port.ts";
import { objects } from "./store.ts";

/** S3: a copied part has at most 5 GiB. */
const MAX_COPY = 5 * 1024 * 1024 * 1024;
/** Copies under way at once: S3 takes about a second for a large one, and 10,000 parts have a Lambda's 15 minutes. */
const COPIES_AT_ONCE = 16;

/** One object to be joined, with its length in bytes. */
export interface JoinPart {
  key: string;
  bytes: number;
}

export interface JoinOptions {
  /** Default: JSON lines. */
  contentType?: string;
  metadata?: Record<string, string>;
  /** Called right before the object replaces what is there; when it throws, that stays. */
  beforeEnd?: () => Promise<unknown>;
}

/**
 * Writes the concatenation of `parts` to `target`. Memory is bounded by two minimal parts. Small
 * objects are gathered until they make a part, large ones never pass through this process.
 * At most 10,000 parts (S3).
 */
export async function joinObjects(
  parts: JoinPart[],
  target: string,
  { contentType = "application/jsonl", metadata, beforeEnd }: JoinOptions = {},
): Promise<void> {
  const store = await objects();
  const { minPartBytes } = store;
  const headers: ObjectHeaders = { contentType, metadata };
  const total = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (total < minPartBytes) {
    const body = Buffer.concat(await Promise.all(parts.map((part) => bytesOf(part, 0, part.bytes))));
    await beforeEnd?.();
    await putObject(target, body, headers);
    return;
  }
  const upload = await store.upload(target, headers);
  const running = new AtOnce(COPIES_AT_ONCE);
  try {
    let gathered: Buffer[] = [];
    let size = 0;
    const flush = async () => {
      if (size > 0) await upload.append(Buffer.concat(gathered));
      gathered = [];
      size = 0;
    };
    for (const part of parts) {
      let from = 0;
      while (from < part.bytes) {
        const left = part.bytes - from;
        if (size === 0 && left >= minPartBytes) {
          const [start, length] = [from, Math.min(left, MAX_COPY)];
          await running.add(() => upload.copy(part.key, start, length, length === part.bytes));
          from += length;
          continue;
        }
        const length = Math.min(left, minPartBytes - size);
        gathered.push(await bytesOf(part, from, length));
        size += length;
        from += length;
        if (size >= minPartBytes) await flush();
      }
    }
    await flush();
    await running.end();
    await beforeEnd?.();
    await upload.complete();
  } catch (error) {
    // A part that arrives behind the abort would stay.
    await running.end().catch(() => undefined);
    await upload.abort();
    throw error;
  }
}

/** Work under way, so much at once and no more. */
class AtOnce {
  readonly #most: number;
  readonly #running = new Set<Promise<void>>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Begins as soon as there is room. @throws what one before it threw */
  async add(work: () => Promise<void>): Promise<void> {
    if (this.#running.size === this.#most) await Promise.race(this.#running);
    const running = work().then(() => void this.#running.delete(running));
    // Thrown by the next wait, for which it stays in the set; until then it must not count as unhandled.
    running.catch(() => undefined);
    this.#running.add(running);
  }

  /** Waits for all, also when one fails. @throws what one of them threw */
  async end(): Promise<void> {
    const running = [...this.#running];
    await Promise.allSettled(running);
    await Promise.all(running);
  }
}

async function bytesOf({ key }: JoinPart, from: number, length: number): Promise<Buffer> {
  // S3 refuses a range without bytes.
  return length === 0 ? Buffer.alloc(0) : readBytes(key, { range: `bytes=${from}-${from + length - 1}` });
}
