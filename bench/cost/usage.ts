/** What a job used, by state, counted while it ran. */
import type { StorageCounts } from "../services/storage.ts";

/** What the calls of one kind came to. */
export interface Usage {
  calls: number;
  /** Seconds of CPU in the Lambda, its cold start included. */
  cpu: number;
  s3Writes: number;
  s3Reads: number;
  tableWrites: number;
  tableReads: number;
  /** What the Lambda wrote to its log; what Lambda adds is not in it. */
  logBytes: number;
}

/** Nothing used. */
export const NO_USAGE: Readonly<Usage> = {
  calls: 0,
  cpu: 0,
  s3Writes: 0,
  s3Reads: 0,
  tableWrites: 0,
  tableReads: 0,
  logBytes: 0,
};

/** Sum of two usages. */
export function plus(a: Usage, b: Usage): Usage {
  return times(1, a, b);
}

/** `a` and `count` times `b`. */
export function times(count: number, a: Usage, b: Usage): Usage {
  const sum = { ...a };
  for (const key of Object.keys(sum) as (keyof Usage)[]) sum[key] += count * b[key];
  return sum;
}

/** One call's usage, from the seconds of CPU, what was logged, and the requests that came to the storage meanwhile. */
export function usageOf(cpu: number, logBytes: number, { s3, dynamodb }: StorageCounts): Usage {
  const usage = { ...NO_USAGE, calls: 1, cpu, logBytes };
  for (const [operation, count] of Object.entries(s3)) {
    if (/^(Get|Head)/.test(operation)) usage.s3Reads += count;
    // Aborting is free.
    else if (!operation.startsWith("Abort")) usage.s3Writes += count;
  }
  for (const [operation, count] of Object.entries(dynamodb)) {
    if (/^(GetItem|Query)$/.test(operation)) usage.tableReads += count;
    else usage.tableWrites += count;
  }
  return usage;
}
