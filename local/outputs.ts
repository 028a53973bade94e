/** Brings a job's outputs from the bucket to a folder. */
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { failedKey, resultsKey, summaryKey } from "../shared/keys.ts";
import { BatchJobInfo } from "../shared/models.ts";
import { openObject, readText } from "../shared/objects.ts";

/** A job's `summary.json` as a local run writes it. */
export type LocalSummary = BatchJobInfo & {
  /** Set when the sandbox answered: no provider was asked, and nothing was paid. */
  sandbox?: true;
};

/** Paths of a job's outputs. */
export interface OutputFiles {
  results: string;
  failed: string;
  summary: string;
}

/** Names of the outputs inside their folder. */
export const OUTPUT_NAMES: Readonly<OutputFiles> = {
  results: "results.jsonl",
  failed: "failed.jsonl",
  summary: "summary.json",
};

/** Copies the outputs of a job, each of which appears whole or not at all. Null when the job has none. */
export async function copyOutputs(
  job_id: string,
  dir: string,
  sandbox: boolean,
): Promise<{ files: OutputFiles; summary: LocalSummary } | null> {
  const text = await readText(summaryKey(job_id));
  if (text === null) return null;
  const summary: LocalSummary = { ...BatchJobInfo.parse(JSON.parse(text)), ...(sandbox ? { sandbox } : {}) };
  await mkdir(dir, { recursive: true });
  const files = {
    results: join(dir, OUTPUT_NAMES.results),
    failed: join(dir, OUTPUT_NAMES.failed),
    summary: join(dir, OUTPUT_NAMES.summary),
  };
  await whole(files.results, async (path) =>
    pipeline(await openObject(resultsKey(job_id)), createWriteStream(path)),
  );
  await whole(files.failed, async (path) =>
    pipeline(await openObject(failedKey(job_id)), createWriteStream(path)),
  );
  await whole(files.summary, (path) => writeFile(path, `${JSON.stringify(summary, null, 2)}\n`));
  return { files, summary };
}

async function whole(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.${process.pid}.part`;
  try {
    await write(temporary);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
