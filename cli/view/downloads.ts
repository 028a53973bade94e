/** What a job's page offers to download. */
import type { ServerResponse } from "node:http";
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

/** Opens a file of a job, or begins to make it. Null: there is none of this name. */
export async function openDownload(job_id: string, name: string): Promise<OpenDownload | null> {
  const download = DOWNLOADS.get(name);
  if (!download) return null;
  const { key, type, table } = download;
  const shown = name === "report.html" ? "inline" : "attachment";
  const headers = { "content-type": type, "content-disposition": `${shown}; filename="${name}"` };
  const object = await headObject(key(job_id));
  if (!object && table) return { headers, send: await openTable(job_id, table) };
  const body: Readable = await openObject(key(job_id));
  return { headers, send: (response) => pipeline(body, response) };
}

/** Everything that needs the job's place is opened here: by the time the rows are sent, another may be open. */
async function openTable(job_id: string, name: TableFormat): Promise<OpenDownload["send"]> {
  const { spec, batches } = await requireJobFile(job_id);
  let carried: string[] = [];
  for (let batch = 1; batch <= batches.length; batch++) carried = await addCarried(job_id, batch, carried);
  const columns = columnsOf(spec, carried, costColumn(spec));
  const results = await openObject(resultsKey(job_id));
  return (response) =>
    pipeline(
      tableBytes(name, columns, async () => results),
      response,
    );
}
