/** The rows that the viewer shows of a job, as one file: its results, a retry's answers included, or what is collected so far. */
import { createReadStream } from "node:fs";
import { resultsKey } from "../../shared/objects/keys.ts";
import { headObject, openObject } from "../../shared/objects/objects.ts";
import { collectedRows, type RowsFile } from "../results/collected-rows.ts";
import type { MergedFiles } from "../retry/merged-files.ts";

/** The rows of a job; null while there are none. */
export async function rowsFile(job_id: string, merged: MergedFiles | null = null): Promise<RowsFile | null> {
  if (merged) {
    const { bytes, files } = merged;
    const { results } = files;
    return { bytes, open: async (start) => createReadStream(results, { start }) };
  }
  const key = resultsKey(job_id);
  const head = await headObject(key);
  if (head) return { bytes: head.bytes, open: (from) => openObject(key, { range: `bytes=${from}-` }) };
  return collectedRows(job_id);
}
