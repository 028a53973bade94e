import { hash } from "node:crypto";

/** A hex digest of some parts: the sandbox's only source of "randomness", so that the same request gets the same answer. */
export function digest(...parts: string[]): string {
  return hash("sha256", parts.join("\0"), "hex");
}

/** A number in [0, 1) that depends on the parts only. */
export function fractionOf(...parts: string[]): number {
  return Number.parseInt(digest(...parts).slice(0, 12), 16) / 2 ** 48;
}

/** A seeded sequence of numbers in [0, 1) (mulberry32). */
export function sequence(seed: string): () => number {
  let state = Number.parseInt(digest(seed).slice(0, 8), 16);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What `shuffle` keeps back at most. */
const SHUFFLE_ITEMS = 1024;
const SHUFFLE_BYTES = 8 * 1024 * 1024;

/**
 * The same values in another order, the same for the same seed. It keeps up to 1,024 values (8 MB) back, and for each
 * that comes a random one goes. So the order is mixed without the whole in memory.
 */
export async function* shuffle(values: AsyncIterable<Buffer>, seed: string): AsyncGenerator<Buffer> {
  const next = sequence(seed);
  const kept: Buffer[] = [];
  let bytes = 0;
  function takeOne(): Buffer {
    const at = Math.floor(next() * kept.length);
    const value = kept[at] as Buffer;
    kept[at] = kept[kept.length - 1] as Buffer;
    kept.pop();
    bytes -= value.length;
    return value;
  }
  for await (const value of values) {
    // A copy: a slice would keep the whole chunk it was read in alive.
    kept.push(Buffer.from(value));
    bytes += value.length;
    while (kept.length > SHUFFLE_ITEMS || (bytes > SHUFFLE_BYTES && kept.length > 1)) yield takeOne();
  }
  while (kept.length > 0) yield takeOne();
}
