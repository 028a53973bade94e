/** Brings a job's outputs from the bucket to a folder. */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { BatchJobInfo } from "../../shared/models.ts";
import { failedKey, resultsKey, summaryKey } from "../../shared/objects/keys.ts";
import { readText } from "../../shared/objects/objects.ts";
import { download } from "./download.ts";
import { type OutputFiles, outputFiles } from "./output-files.ts";

/** A job's `summary.json` as the command writes it. */
export type JobSummary = BatchJobInfo & {
  /** Set when the sandbox answered: no provider was asked, and nothing was paid. */
  sandbox?: true;
};

/** Copies the outputs of a job, each of which appears whole or not at all. Null when the job has none. */
export async function copyOutputs(
  job_id: string,
  dir: string,
  sandbox: boolean,
): Promise<{ files: OutputFiles; summary: JobSummary } | null> {
  const text = await readText(summaryKey(job_id));
  if (text === null) return null;
  const summary: JobSummary = { ...BatchJobInfo.parse(JSON.parse(text)), ...(sandbox ? { sandbox } : {}) };
  await mkdir(dir, { recursive: true });
  const files = outputFiles(dir);
  await download(resultsKey(job_id), files.results);
  await download(failedKey(job_id), files.failed);
  await whole(files.summary, (path) => writeFile(path, `${JSON.stringify(summary, null, 2)}\n`));
  return { files, summary };
}

/** Writes a file that appears whole or not at all. `write` is given the path to write to. */
export async function whole(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.${process.pid}.part`;
  try {
    await write(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
