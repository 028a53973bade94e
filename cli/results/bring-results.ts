/** The files of a job that a person asks for. */
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hasEnded } from "../../shared/models.ts";
import { failedKey, resultsKey } from "../../shared/objects/keys.ts";
import type { JobRecord } from "../../shared/records/job-record.ts";
import { writeCsv } from "./csv.ts";
import { download } from "./download.ts";
import { type OutputFiles, outputFiles } from "./output-files.ts";
import { copyOutputs, whole } from "./outputs.ts";

/** What of the results, and how. */
export interface Wanted {
  failed?: boolean;
  format: "jsonl" | "csv";
  /** See `writeCsv`. */
  spreadsheetSafe?: boolean;
  /** See `JobSummary`. */
  origin: string | undefined;
  /** What to do about a job that has not ended, for a person. */
  follow: string;
}

/**
 * Brings the files to a folder. @returns their paths
 * @throws Error when the job has not ended, or failed before it had results
 */
export async function bringResults(
  job: JobRecord,
  dir: string,
  { failed, format, spreadsheetSafe = false, origin, follow }: Wanted,
): Promise<Partial<OutputFiles>> {
  const { job_id, status } = job;
  if (!hasEnded(status)) throw new Error(`job ${job_id} has not ended (${status}); ${follow}`);
  if (status === "failed") throw new Error(`job ${job_id} failed, and has no results: ${job.error}`);
  const files = outputFiles(dir);
  if (failed) {
    await download(failedKey(job_id), files.failed);
    return { failed: files.failed };
  }
  if (format === "csv") return { results: await csv(job_id, files.results, spreadsheetSafe) };
  const outputs = await copyOutputs(job_id, dir, origin);
  if (!outputs) throw new Error(`the results of job ${job_id} are no longer in the bucket`);
  return outputs.files;
}

/** Downloaded as it is, so that a cut download can go on; then turned into a table. */
async function csv(job_id: string, results: string, spreadsheetSafe: boolean): Promise<string> {
  const path = join(dirname(results), "results.csv");
  const raw = `${path}.jsonl`;
  await download(resultsKey(job_id), raw);
  await whole(path, (temporary) => writeCsv(raw, temporary, spreadsheetSafe));
  await rm(raw);
  return path;
}
