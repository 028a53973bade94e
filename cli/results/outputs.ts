/** Brings a job's outputs from the bucket to a folder. */
import { join } from "node:path";
import { BatchJobInfo } from "../../shared/models.ts";
import { failedKey, reportKey, resultsKey, summaryKey, tableKey } from "../../shared/objects/keys.ts";
import { headObject, readText } from "../../shared/objects/objects.ts";
import type { JobRecord } from "../../shared/records/job-record.ts";
import { download } from "./download.ts";
import { makeOutputDir, type OutputFiles, outputFiles } from "./output-files.ts";
import { type JobSummary, withOrigin, writeSummary } from "./summary.ts";

/** Copies the outputs of a job, each of which appears whole or not at all. Null when the job has none. */
export async function copyOutputs(
  job_id: string,
  dir: string,
  origin: string | undefined,
): Promise<{ files: OutputFiles; summary: JobSummary } | null> {
  const text = await readText(summaryKey(job_id));
  if (text === null) return null;
  const summary = withOrigin(BatchJobInfo.parse(JSON.parse(text)), origin);
  await makeOutputDir(dir, origin);
  const files: OutputFiles = outputFiles(dir);
  for (const format of ["csv", "parquet"] as const) {
    const key = tableKey(job_id, format);
    if ((await headObject(key)) === null) continue;
    files[format] = join(dir, `results.${format}`);
    await download(key, files[format]);
  }
  await download(resultsKey(job_id), files.results);
  await download(failedKey(job_id), files.failed);
  await download(reportKey(job_id), files.report);
  await writeSummary(files.summary, summary);
  return { files, summary };
}

/** Copies the report of a job that failed before it had results. @returns its path; undefined when there is none here */
export async function copyReport(
  { job_id }: JobRecord,
  dir: string,
  origin: string | undefined,
): Promise<string | undefined> {
  const { report } = outputFiles(dir);
  try {
    await makeOutputDir(dir, origin);
    await download(reportKey(job_id), report);
    return report;
  } catch {
    // It only says more: why the job failed is told without it, too.
    return undefined;
  }
}
