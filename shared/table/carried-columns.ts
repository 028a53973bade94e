/** Which columns of the input come back in a job's results. */
import { membersOf } from "../json/source.ts";
import { readIndex } from "../objects/index-line.ts";

/** Carried columns of a table; more are what keys of `metadata` come to that are data themselves. */
const MOST_CARRIED = 1_000;

/** Adds a batch's carried columns to those of the batches before, in the order in which they first come. */
export async function addCarried(
  job_id: string,
  batch: number,
  before: readonly string[],
): Promise<string[]> {
  const names = new Set(before);
  for await (const entries of readIndex(job_id, batch)) {
    for (const [, , , input] of entries) {
      if (input === undefined) continue;
      for (const { name } of membersOf(input)) if (names.size < MOST_CARRIED) names.add(name);
    }
  }
  return [...names];
}
