/** What a retry or a merge has made of a job on this machine. */
import { stat } from "node:fs/promises";
import { outputDir } from "../results/output-files.ts";
import { type JobSummary, readSummary } from "../results/outputs.ts";
import { type GenerationFiles, generationFiles, newestGeneration } from "./generation.ts";

/** The files of this machine that have the answers of retries in their places. */
export interface MergedFiles {
  /** 2 after the first retry. */
  generation: number;
  files: GenerationFiles;
  summary: JobSummary;
  /** Bytes of its results. */
  bytes: number;
}

/**
 * What `nightshift retry` has made of a job in the folder of its outputs; null when there is nothing that can be read, or
 * another's.
 */
export async function mergedFiles(
  job_id: string,
  origin: string | undefined,
  dir = outputDir(job_id),
): Promise<MergedFiles | null> {
  const generation = newestGeneration(dir);
  if (generation === 1) return null;
  const files = generationFiles(dir, generation);
  try {
    const summary = await readSummary(files.summary);
    if (summary.job_id !== job_id || summary.origin !== origin) return null;
    return { generation, files, summary, bytes: (await stat(files.results)).size };
  } catch {
    // A person may have removed or changed them: the bucket has the job's own.
    return null;
  }
}

/** The same of a folder, or else of the job's own. */
export async function newestFiles(
  job_id: string,
  origin: string | undefined,
  dir: string,
): Promise<MergedFiles | null> {
  return (await mergedFiles(job_id, origin, dir)) ?? (await mergedFiles(job_id, origin));
}
