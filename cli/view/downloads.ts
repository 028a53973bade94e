/** What a job's page offers to download. */
import { createReadStream, existsSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { requireJobFile } from "../../shared/objects/job-file.ts";
import { failedKey, reportKey, resultsKey, summaryKey, tableKey } from "../../shared/objects/keys.ts";
import { headObject, openObject } from "../../shared/objects/objects.ts";
import { addCarried } from "../../shared/table/carried-columns.ts";
import { columnsOf } from "../../shared/table/columns.ts";
import { costColumn } from "../../shared/table/cost-column.ts";
import { FORMATS, type TableFormat } from "../../shared/table/table-format.ts";
import { tableBytes } from "../results/table-file.ts";
import type { Merged, RowsFile } from "./rows-file.ts";

interface Download {
  key: (job_id: string) => string;
  type: string;
  /** Made of the results where the job has none. */
  table?: TableFormat;
}

/** By the name in the page and of the file. */
const DOWNLOADS = new Map<string, Download>([
  ["results.jsonl", { key: resultsKey, type: "application/jsonl" }],
  ...(["csv", "parquet"] as const).map((table): [string, Download] => [
    `results.${table}`,
    { key: (job_id) => tableKey(job_id, table), type: FORMATS[table].contentType, table },
  ]),
  ["failed.jsonl", { key: failedKey, type: "application/jsonl" }],
  ["summary.json", { key: summaryKey, type: "application/json" }],
  ["report.html", { key: reportKey, type: "text/html; charset=utf-8" }],
]);

/** A file that is about to be sent. */
export interface OpenDownload {
  headers: Record<string, string>;
  send(response: ServerResponse): Promise<void>;
}

/**
 * Opens a file of a job, or begins to make it of its rows. Null: there is none of this name.
 * @param merged what a retry has made of the job: its files are newer
 */
export async function openDownload(
  job_id: string,
  name: string,
  rows: RowsFile | null,
  merged: Merged | null,
): Promise<OpenDownload | null> {
  const download = DOWNLOADS.get(name);
  if (!download) return null;
  const { key, type, table } = download;
  const shown = name === "report.html" ? "inline" : "attachment";
  const headers = { "content-type": type, "content-disposition": `${shown}; filename="${name}"` };
  const newer = merged && join(dirname(merged.files.results), name.replace(".", `-${merged.generation}.`));
  if (newer && existsSync(newer))
    return { headers, send: (response) => pipeline(createReadStream(newer), response) };
  if (table && rows && (merged || !(await headObject(key(job_id)))))
    return { headers, send: await openTable(job_id, table, rows) };
  const body: Readable = await openObject(key(job_id));
  return { headers, send: (response) => pipeline(body, response) };
}

/** Everything that needs the job's place is opened here: by the time the rows are sent, another may be open. */
async function openTable(job_id: string, name: TableFormat, rows: RowsFile): Promise<OpenDownload["send"]> {
  const { spec, batches } = await requireJobFile(job_id);
  let carried: string[] = [];
  for (let batch = 1; batch <= batches.length; batch++) carried = await addCarried(job_id, batch, carried);
  const columns = columnsOf(spec, carried, costColumn(spec));
  const results = await rows.open(0);
  return (response) =>
    pipeline(
      tableBytes(name, columns, async () => results),
      response,
    );
}
