/** The files of a job that a retry or a merge has made here: they have more answers than the job's own. */
import { existsSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import type { JobSpec } from "../../shared/models.ts";
import type { MergedFiles } from "../retry/merged-files.ts";
import type { Wanted } from "./bring-results.ts";
import type { OutputFiles } from "./output-files.ts";
import { whole } from "./outputs.ts";
import { writeTable } from "./table-file.ts";

/** Brings them to a folder; in their own folder they keep their numbers. @returns their paths */
export async function bringNewer(
  { files, generation }: MergedFiles,
  dir: string,
  { failed, format, table, spreadsheetSafe = false, spec }: Wanted & { spec: JobSpec },
): Promise<Partial<OutputFiles>> {
  const isOwn = relative(dir, dirname(files.results)) === "";
  const placed = (path: string) => (isOwn ? path : join(dir, basename(path).replace(`-${generation}.`, ".")));
  const bring = async (path: string, to = placed(path)) => {
    if (to !== path) await whole(to, (temporary) => copyFile(path, temporary));
    return to;
  };
  if (failed) return { failed: await bring(files.failed) };
  if (format === "jsonl") return { results: await bring(files.results, table) };
  const made = {
    csv: files.results.replace(/jsonl$/, "csv"),
    parquet: files.results.replace(/jsonl$/, "parquet"),
  };
  if (format) {
    const path = table ?? placed(made[format]);
    await whole(path, (temporary) => writeTable(files.results, spec, format, temporary, spreadsheetSafe));
    return { [format]: path };
  }
  const brought: Partial<OutputFiles> = {};
  for (const [kind, path] of Object.entries({ ...files, ...made }) as [keyof OutputFiles, string][])
    if (existsSync(path)) brought[kind] = await bring(path);
  return brought;
}
