/** Opens what a job's page offers to download. */
import { createReadStream } from "node:fs";
import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { requireJobFile } from "../../shared/objects/job-file.ts";
import { headObject, openObject } from "../../shared/objects/objects.ts";
import { addCarried } from "../../shared/table/carried-columns.ts";
import { columnsOf } from "../../shared/table/columns.ts";
import { costColumn } from "../../shared/table/cost-column.ts";
import type { TableFormat } from "../../shared/table/table-format.ts";
import type { RowsFile } from "../results/collected-rows.ts";
import { tableBytes } from "../results/table-file.ts";
import type { MergedFiles } from "../retry/merged-files.ts";
import { DOWNLOADS, newerFile } from "./job-files.ts";

export interface OpenDownload {
  headers: Record<string, string>;
  send(response: ServerResponse): Promise<void>;
}

/**
 * Opens a file of a job, or begins to make it of its rows. Null: the job has none of this name.
 * @param merged what a retry has made of the job: its files are newer
 */
export async function openDownload(
  job_id: string,
  name: string,
  rows: RowsFile | null,
  merged: MergedFiles | null,
): Promise<OpenDownload | null> {
  const download = DOWNLOADS.get(name);
  if (!download) return null;
  const { key, type, table } = download;
  const shown = name === "report.html" ? "inline" : "attachment";
  const headers = { "content-type": type, "content-disposition": `${shown}; filename="${name}"` };
  const newer = newerFile(name, merged);
  if (newer) return { headers, send: (response) => pipeline(createReadStream(newer), response) };
  const there = await headObject(key(job_id));
  if (table && rows && (merged || !there)) return { headers, send: await openTable(job_id, table, rows) };
  const body = there ? await openObject(key(job_id)) : name === "results.jsonl" && (await rows?.open(0));
  if (!body) return null;
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
