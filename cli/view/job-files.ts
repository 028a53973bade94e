/** The files of a job that its page offers. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { failedKey, reportKey, resultsKey, summaryKey, tableKey } from "../../shared/objects/keys.ts";
import { headObject } from "../../shared/objects/objects.ts";
import type { JobRecord } from "../../shared/records/job-record.ts";
import { FORMATS, type TableFormat } from "../../shared/table/table-format.ts";
import type { RowsFile } from "../results/collected-rows.ts";
import type { MergedFiles } from "../retry/merged-files.ts";

interface Download {
  key: (job_id: string) => string;
  type: string;
  /** Made of the results where the job has none. */
  table?: TableFormat;
}

/** By the name in the page and of the file, in the order of the page. */
export const DOWNLOADS = new Map<string, Download>([
  ["report.html", { key: reportKey, type: "text/html; charset=utf-8" }],
  ["results.jsonl", { key: resultsKey, type: "application/jsonl" }],
  ...(["csv", "parquet"] as const).map((table): [string, Download] => [
    `results.${table}`,
    { key: (job_id) => tableKey(job_id, table), type: FORMATS[table].contentType, table },
  ]),
  ["failed.jsonl", { key: failedKey, type: "application/jsonl" }],
  ["summary.json", { key: summaryKey, type: "application/json" }],
]);

/** Names of those that a job which has ended has, or that can be made of its rows. */
export async function downloadsOf(
  { job_id }: JobRecord,
  rows: RowsFile | null,
  merged: MergedFiles | null,
): Promise<string[]> {
  const names: string[] = [];
  for (const [name, { key, table }] of DOWNLOADS) {
    const made = rows && (table || name === "results.jsonl");
    if (made || newerFile(name, merged) || (await headObject(key(job_id)))) names.push(name);
  }
  return names;
}

/** The file of a retry; null when it has none of this name. */
export function newerFile(name: string, merged: MergedFiles | null): string | null {
  if (!merged) return null;
  const path = join(dirname(merged.files.results), name.replace(".", `-${merged.generation}.`));
  return existsSync(path) ? path : null;
}
