/** The files of a job that a person asks for. */
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { hasEnded } from "../../shared/models.ts";
import { failedKey, resultsKey, summaryKey, tableKey } from "../../shared/objects/keys.ts";
import { headObject } from "../../shared/objects/objects.ts";
import type { JobRecord } from "../../shared/records/job-record.ts";
import type { TableFormat } from "../../shared/table/table-format.ts";
import type { MergedFiles } from "../retry/merged-files.ts";
import { bringNewer } from "./bring-newer.ts";
import { collectedRows, joinedRows } from "./collected-rows.ts";
import { download } from "./download.ts";
import { makeFolder, makeOutputDir, type OutputFiles, outputFiles, refuseSpecial } from "./output-files.ts";
import { copyOutputs, copyReport } from "./outputs.ts";
import { specOf, writeTable } from "./table-file.ts";
import { whole } from "./whole.ts";

export interface Wanted {
  failed?: boolean;
  /** A table alone, or the files that the job has. */
  format?: "jsonl" | TableFormat | undefined;
  /** Where the table goes; default: into the folder. */
  table?: string | undefined;
  /** See `writeTable`. */
  spreadsheetSafe?: boolean;
  /** See `JobSummary`. */
  origin: string | undefined;
  /** What to do about a job that has not ended, for a person. */
  follow: string;
  /** What a retry has made of the job here: it comes in place of the job's own files. */
  newer?: MergedFiles | null;
}

/**
 * Brings the files to a folder, which is made; of a job that failed without results, its report. @returns their paths
 * @throws Error when the job has not ended, or failed without results
 */
export async function bringResults(
  job: JobRecord,
  dir: string,
  wanted: Wanted,
): Promise<Partial<OutputFiles>> {
  const { failed, format, table, spreadsheetSafe = false, origin, follow, newer } = wanted;
  const { job_id, status } = job;
  if (!hasEnded(status)) throw new Error(`job ${job_id} has not ended (${status}); ${follow}`);
  // It may have results though a batch could not be finished; and what it has collected was paid for.
  const hasOutputs = status !== "failed" || (await headObject(summaryKey(job_id))) !== null;
  if (!hasOutputs && (failed || !(await collectedRows(job_id)))) {
    const report = await copyReport(job, dir, origin);
    const more = report === undefined ? "" : `; ${report} says more`;
    const what = failed ? "failed.jsonl" : "results";
    throw new Error(`job ${job_id} failed, and has no ${what}: ${job.error}${more}`);
  }
  await makeOutputDir(dir, origin);
  const files = outputFiles(dir);
  if (table) {
    await makeFolder(dirname(table));
    await refuseSpecial(table);
  }
  if (newer) return bringNewer(newer, dir, { ...wanted, spec: await specOf(job) });
  if (failed) {
    await download(failedKey(job_id), files.failed);
    return { failed: files.failed };
  }
  if (table && format === "jsonl") {
    await bringRows(job_id, table);
    return { results: table };
  }
  if (format === "csv" || format === "parquet") {
    const path = table ?? join(dir, `results.${format}`);
    await bringTable(job, format, path, spreadsheetSafe);
    return { [format]: path };
  }
  if (!hasOutputs) {
    await bringRows(job_id, files.results);
    const report = await copyReport(job, dir, origin);
    return { results: files.results, ...(report !== undefined && { report }) };
  }
  const outputs = await copyOutputs(job_id, dir, origin);
  if (!outputs) throw new Error(`the results of job ${job_id} are no longer in the bucket`);
  return outputs.files;
}

/**
 * Brings the table that the job has, or makes it of its results. They are downloaded as they are: a cut download can
 * resume.
 */
async function bringTable(
  job: JobRecord,
  format: TableFormat,
  path: string,
  spreadsheetSafe: boolean,
): Promise<void> {
  const key = tableKey(job.job_id, format);
  if (!spreadsheetSafe && (await headObject(key))) return download(key, path);
  const raw = `${path}.jsonl`;
  await bringRows(job.job_id, raw);
  const spec = await specOf(job);
  await whole(path, (temporary) => writeTable(raw, spec, format, temporary, spreadsheetSafe));
  await rm(raw);
}

/** Brings `results.jsonl`, or what was collected where the job failed before it had one. */
async function bringRows(job_id: string, path: string): Promise<void> {
  const key = resultsKey(job_id);
  const rows = (await headObject(key)) ? null : await collectedRows(job_id);
  if (!rows) return download(key, path);
  const write = (temporary: string) => createWriteStream(temporary, { mode: 0o600 });
  await whole(path, async (temporary) => pipeline(Readable.from(joinedRows(job_id)), write(temporary)));
}
