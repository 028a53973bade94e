/** The rows that the viewer shows of a job, as one file: its results, with a retry's answers in them, or what is collected so far. */
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { resultsKey, rowsKey } from "../../shared/objects/keys.ts";
import { headObject, openObject } from "../../shared/objects/objects.ts";
import { batchEnds } from "../../shared/records/batch-record.ts";
import { outputDir } from "../results/output-files.ts";
import type { JobSummary } from "../results/outputs.ts";
import { type GenerationFiles, generationFiles, newestGeneration } from "../retry/generation.ts";

/** Rows in the order of the input, one a line. */
export interface RowsFile {
  bytes: number;
  /** The bytes from one on. */
  open(from: number): Promise<Readable>;
}

/** The files of this machine that have the answers of retries in their places. */
export interface Merged {
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
export async function mergedFiles(job_id: string, origin: string | undefined): Promise<Merged | null> {
  const dir = outputDir(job_id);
  const generation = newestGeneration(dir);
  if (generation === 1) return null;
  const files = generationFiles(dir, generation);
  try {
    const summary: JobSummary = JSON.parse(await readFile(files.summary, "utf8"));
    if (summary.job_id !== job_id || summary.origin !== origin) return null;
    return { generation, files, summary, bytes: (await stat(files.results)).size };
  } catch {
    // A person may have removed or changed them: the bucket has the job's own.
    return null;
  }
}

/** The rows of a job; null while there are none. */
export async function rowsFile(job_id: string, merged: Merged | null = null): Promise<RowsFile | null> {
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

/** The rows of the batches that are collected, as they stand after the last of their rounds that was. */
async function collectedRows(job_id: string): Promise<RowsFile | null> {
  const parts: { key: string; bytes: number }[] = [];
  for (const { collected } of [...(await batchEnds(job_id)).values()].sort(
    (a, b) => a.last.batch - b.last.batch,
  ))
    if (collected?.rows_bytes)
      parts.push({ key: rowsKey(job_id, collected.batch, collected.round), bytes: collected.rows_bytes });
  if (parts.length === 0) return null;
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  return { bytes, open: async (from) => Readable.from(bytesOf(parts, from), { objectMode: false }) };
}

async function* bytesOf(parts: { key: string; bytes: number }[], from: number): AsyncGenerator<Buffer> {
  let before = 0;
  for (const { key, bytes } of parts) {
    const start = Math.max(0, from - before);
    before += bytes;
    if (start < bytes) yield* await openObject(key, { range: `bytes=${start}-` });
  }
}
