/**
 * How many batches of a job are done: `job#<job_id>` / `progress`. A set of their numbers, to which a batch that is added twice is added once;
 * and the quarter that was told last.
 */
import { z } from "zod";
import { JobEvent } from "../payload.ts";
import { readJob } from "./job-record.ts";
import { addToSet, update } from "./table.ts";

const ProgressRecord = z.object({ done: z.set(z.int()), told: z.int().default(0) });

/**
 * Notes that a batch is done, whatever came of it. Doing it again changes nothing.
 * @returns what tells of the job's progress, when with this batch another quarter of all is done, and nobody has told it; else null. A
 * run that dies right after it was settled that it tells, leaves that quarter untold: better than to tell it in every try.
 */
export async function noteBatchDone({
  job_id,
  batch,
}: {
  job_id: string;
  batch: number;
}): Promise<JobEvent | null> {
  const key = { pk: `job#${job_id}`, sk: "progress" };
  const { done, told } = ProgressRecord.parse(await addToSet(key, "done", batch));
  const job = await readJob(job_id);
  const batches = job?.batch_count ?? 0;
  // The last batch's end is the job's own to tell, and so is what comes after it: a late run of an execution that has failed.
  if (job?.status !== "in_progress" || done.size >= batches) return null;
  const quarter = Math.floor((4 * done.size) / batches);
  if (quarter <= told) return null;
  // Somebody told a quarter meanwhile: perhaps an earlier one.
  if (!(await update(key, { told: quarter }, { told: told || undefined })))
    return noteBatchDone({ job_id, batch });
  const progress = { percent: 25 * quarter, batches_done: done.size, batches };
  return JobEvent.parse({ ...job, progress });
}
