/** What a retry or a merge has made of a job on this machine: `results-2.jsonl` and so on, beside the job's own files. */
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { folderHolder } from "../../local/folder-lock.ts";
import { type BatchJobInfo, Usage } from "../../shared/models.ts";
import { sumOfReceipts } from "../../shared/money/receipt.ts";
import { readJobFile } from "../../shared/objects/job-file.ts";
import type { Backend } from "../backend/backend.ts";
import { type OutputFiles, outputDir } from "../results/output-files.ts";
import { type JobSummary, readSummary } from "../results/summary.ts";
import { readAttempt } from "./attempt.ts";
import { notedDirs, retryFolder } from "./retry-folder.ts";

export type GenerationFiles = Pick<OutputFiles, "results" | "failed" | "summary" | "csv" | "parquet"> &
  Partial<Pick<OutputFiles, "report">>;

/** The files of one generation, from 1. Tables are in it once they are written. */
export function generationFiles(dir: string, generation: number): GenerationFiles {
  const number = generation === 1 ? "" : `-${generation}`;
  return {
    results: join(dir, `results${number}.jsonl`),
    failed: join(dir, `failed${number}.jsonl`),
    summary: join(dir, `summary${number}.json`),
    report: join(dir, `report${number}.html`),
  };
}

/** Which job, and which start of it: a folder may still have the files of one whose data folder is gone. */
type Identity = Pick<BatchJobInfo, "job_id" | "created_at">;

/** The newest generation of a job in a folder: its summary is written last. */
export async function newestGeneration(dir: string, { job_id, created_at }: Identity): Promise<number> {
  for (let generation = 1; ; generation++) {
    const next = generationFiles(dir, generation + 1);
    if (!existsSync(next.summary)) return generation;
    // One that cannot be read counts: what is paid for is not written over.
    const summary = await readSummary(next.summary).catch(() => null);
    if (summary && (summary.job_id !== job_id || summary.created_at !== created_at)) return generation;
  }
}

/** The summary of that generation. @throws Error of `node:fs`, or SyntaxError */
export async function newestSummary(dir: string, job: Identity): Promise<JobSummary> {
  return readSummary(generationFiles(dir, await newestGeneration(dir, job)).summary);
}

/** The files of this machine that have the answers of retries in their places. */
export interface MergedFiles {
  dir: string;
  /** 2 after the first retry. */
  generation: number;
  files: GenerationFiles;
  summary: JobSummary;
  /** Bytes of its results. */
  bytes: number;
}

/** What retries and merges have made of a job in a folder; null when there is nothing that can be read, or another's. */
export async function mergedFiles(
  job: Identity,
  origin: string | undefined,
  dir: string,
): Promise<MergedFiles | null> {
  const generation = await newestGeneration(dir, job);
  if (generation === 1) return null;
  const files = generationFiles(dir, generation);
  try {
    const summary = await readSummary(files.summary);
    if (summary.origin !== origin) return null;
    return { dir, generation, files, summary, bytes: (await stat(files.results)).size };
  } catch {
    // A person may have removed or changed them: the bucket has the job's own.
    return null;
  }
}

/**
 * The newest of them on this machine: where the last retry or merge made them, or else in a folder that is given, or in
 * that of the job's outputs.
 */
export async function newestFiles(
  job: Identity,
  { origin, dataDir }: Pick<Backend, "origin" | "dataDir">,
  ...given: string[]
): Promise<MergedFiles | null> {
  const { job_id } = job;
  for (const dir of [...notedDirs(retryFolder(dataDir, job_id)), ...given, outputDir(job_id)]) {
    const files = await mergedFiles(job, origin, dir);
    if (files) return files;
  }
  return null;
}

/** A job as it stands with the answers of its retries, and with the cost of those that an interrupted one has kept. */
export async function withRetries<T extends BatchJobInfo>(job: T, backend: Backend): Promise<T> {
  const { summary } = (await newestFiles(job, backend)) ?? {};
  const { counts, usage, receipt } = summary ?? job;
  const merged = { ...job, counts, usage, receipt };
  const folder = retryFolder(backend.dataDir, job.job_id);
  const attempt = readAttempt(folder);
  const spec = attempt && (await readJobFile(job.job_id))?.spec;
  // While it is at work, its answers grow too many to be read again and again.
  if (!spec || summary?.merged?.includes(attempt.id) || folderHolder(folder) !== null) return merged;
  // Prices take their time to load.
  const { attemptReceipt } = await import("./attempt-receipt.ts");
  const more = await attemptReceipt(folder, spec, attempt);
  const all = sumOfReceipts([receipt ?? [], more ?? []].flat());
  return { ...merged, usage: Usage.parse(all), receipt: all };
}
