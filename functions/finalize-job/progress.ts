/** How far `finalize-job` has come, so that the next run resumes there: a Lambda has 15 minutes. */
import * as z from "zod";
import { progressKey } from "../../shared/objects/keys.ts";
import { readText, writeText } from "../../shared/objects/objects.ts";
import { FailedCursor, failedStart } from "./failed-cursor.ts";
import { TablesCursor, tablesStart } from "./tables-cursor.ts";
import { TallyRows } from "./tally-rows.ts";

const Progress = z.object({
  /** What was written anew by batch number: of batches that were never collected, or whose left-over items were pooled. */
  lost: z.record(z.string(), TallyRows),
  /** Whether `results.jsonl` is written. */
  joined: z.boolean(),
  failed: FailedCursor,
  /** Of the tables that the job asks for. An older version has noted here whether they are all written. */
  tables: z.preprocess((value) => (typeof value === "object" ? value : tablesStart()), TablesCursor),
});
export type Progress = z.infer<typeof Progress>;

/** Where the last run stopped; the beginning when none has. */
export async function readProgress(job_id: string, tally: string): Promise<Progress> {
  const text = await readText(progressKey(job_id, tally));
  return text === null
    ? { lost: {}, joined: false, failed: failedStart(), tables: tablesStart() }
    : Progress.parse(JSON.parse(text));
}

/** Notes where this run stops. A run that is late only makes the next do some work again, to the same end. */
export async function writeProgress(job_id: string, tally: string, progress: Progress): Promise<void> {
  await writeText(progressKey(job_id, tally), JSON.stringify(progress));
}
