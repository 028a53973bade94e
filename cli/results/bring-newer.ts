/** The files of a job that a retry or a merge has made here. They have more answers than the job's own. */
import { existsSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import type { JobSpec } from "../../shared/models.ts";
import { UsageError } from "../exit-codes.ts";
import { type GenerationFiles, type MergedFiles, newestGeneration } from "../retry/merged-files.ts";
import type { Wanted } from "./bring-results.ts";
import type { OutputFiles } from "./output-files.ts";
import { writeTable } from "./table-file.ts";
import { whole } from "./whole.ts";

/** Brings those that are wanted to a folder; in their own folder they keep their numbers. @returns their paths */
export async function bringNewer(
  newer: MergedFiles,
  dir: string,
  { failed, format, table, spreadsheetSafe = false, spec }: Wanted & { spec: JobSpec },
): Promise<Partial<OutputFiles>> {
  const { files } = newer;
  if (!table) await refuseOlder(newer, dir);
  if (failed) return { failed: await bring(files.failed, placed(newer, dir, files.failed)) };
  if (!format) return bringAll(newer, dir);
  if (format === "jsonl")
    return { results: await bring(files.results, table ?? placed(newer, dir, files.results)) };
  const path = table ?? placed(newer, dir, files.results.replace(/jsonl$/, format));
  await whole(path, (temporary) => writeTable(files.results, spec, format, temporary, spreadsheetSafe));
  return { [format]: path };
}

/** Brings those that there are. */
export async function bringAll(newer: MergedFiles, dir: string): Promise<GenerationFiles> {
  await refuseOlder(newer, dir);
  const { report, ...files } = newer.files;
  const brought: GenerationFiles = files;
  const [csv, parquet] = ["csv", "parquet"].map((format) => files.results.replace(/jsonl$/, format));
  for (const [kind, path] of Object.entries({ ...files, report, csv, parquet }))
    if (path !== undefined && existsSync(path))
      brought[kind as keyof GenerationFiles] = await bring(path, placed(newer, dir, path));
  return brought;
}

const isIn = (newer: MergedFiles, dir: string) => relative(dir, newer.dir) === "";

function placed(newer: MergedFiles, dir: string, path: string): string {
  return isIn(newer, dir) ? path : join(dir, basename(path).replace(`-${newer.generation}.`, "."));
}

/** @throws UsageError when a folder has what earlier retries made: nobody could tell which of the files are the newest */
async function refuseOlder(newer: MergedFiles, dir: string): Promise<void> {
  if (isIn(newer, dir) || (await newestGeneration(dir, newer.summary)) === 1) return;
  throw new UsageError(
    `${dir} has files of an earlier retry of this job, and ${newer.dir} the newest; give that or another folder with --out`,
  );
}

async function bring(path: string, to: string): Promise<string> {
  if (to !== path) await whole(to, (temporary) => copyFile(path, temporary));
  return to;
}
