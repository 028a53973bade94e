/** Counts of whole numbers in buckets that grow by a quarter of a power of two. It is small, and easy to add up. */

/** Buckets that are not empty: `[bucket, count]`, ascending. */
export type HistogramRows = [bucket: number, count: number][];

/** Buckets a doubling: neighbours differ by a fifth. */
const PER_DOUBLING = 4;

/** The bucket of a number of 0 or more. Bucket 0 holds 0 alone. */
export function bucketOf(value: number): number {
  return value < 1 ? 0 : 1 + Math.floor(Math.log2(value) * PER_DOUBLING);
}

/** The least number of a bucket. */
export function bucketStart(bucket: number): number {
  return bucket === 0 ? 0 : 2 ** ((bucket - 1) / PER_DOUBLING);
}

export class Histogram {
  readonly #counts = new Map<number, number>();

  /** Counts a number; one that is not finite, or below 0, does not count. */
  add(value: number): void {
    if (Number.isFinite(value) && value >= 0) addCount(this.#counts, bucketOf(value), 1);
  }

  merge(rows: HistogramRows): void {
    for (const [bucket, count] of rows) addCount(this.#counts, bucket, count);
  }

  toJSON(): HistogramRows {
    return [...this.#counts].sort(([a], [b]) => a - b);
  }
}

/** Adds to the count of a key, in place. */
export function addCount<Key>(counts: Map<Key, number>, key: Key, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}
