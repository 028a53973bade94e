/** A retry by batch from its start until its answers are in the job's files: to ask otherwise would pay for them again. */
import { join } from "node:path";
import * as z from "zod";
import { readPrivate, writePrivate } from "../../local/private-file.ts";
import { hasEnded } from "../../shared/models.ts";
import { batchRecords } from "../../shared/records/batch-record.ts";
import { readJob } from "../../shared/records/job-record.ts";
import { UsageError } from "../exit-codes.ts";

const Begun = z.object({
  /** The retry's own job. */
  job_id: z.string(),
  /** The command that began it. */
  command: z.string(),
});
type Begun = z.infer<typeof Begun>;

const fileIn = (folder: string) => join(folder, "batch.json");

/**
 * Refuses to ask while another retry by batch was begun. The open backend is that of the job.
 * @param folder as `retryFolder` has it
 * @param settled jobs that it may be: the job's files have their answers, or they are to be resumed
 * @throws UsageError unless it has ended before anything of it was sent
 */
export async function refuseBegun(folder: string, settled: readonly string[] = []): Promise<void> {
  const begun = readPrivate(fileIn(folder), Begun);
  if (!begun || settled.includes(begun.job_id) || (await wasRefused(begun.job_id))) return;
  throw new UsageError(
    `a retry by batch was begun, and this would pay for its answers again; resume it: ${begun.command}; to leave it, and what it may have cost, remove ${fileIn(folder)}`,
  );
}

/** Notes a retry's own job that is about to begin. */
export const noteBatch = (folder: string, begun: Begun) => writePrivate(fileIn(folder), begun);

/** Whether a job of the open backend has ended before anything of it was sent. */
export async function wasRefused(job_id: string): Promise<boolean> {
  const job = await readJob(job_id);
  if (!job || !hasEnded(job.status)) return false;
  for await (const { creating_at, provider_batch_id, disowned, asking_at } of batchRecords(job_id))
    if (creating_at ?? provider_batch_id ?? disowned ?? asking_at) return false;
  return true;
}
