/** What a row asked, found in the request files of its job by halving. Their requests stand in the order of the lines. */
import { readJobFile } from "../../shared/objects/job-file.ts";
import { requestKey } from "../../shared/objects/keys.ts";
import { headObject } from "../../shared/objects/objects.ts";
import type { BatchId } from "../../shared/records/batch-record.ts";
import { promptText } from "../../shared/report/prompt-text.ts";
import { requestsOf } from "../../shared/round/request-lines.ts";
import { lastUpTo } from "./line-search.ts";

/** Bytes that are read request by request. */
const NEAR_BYTES = 256 * 1024;

/** The prompt of a line as it was sent first. Null: it was never sent, or its request is no longer kept. */
export async function promptOf(job_id: string, line: number): Promise<string | null> {
  const file = await readJobFile(job_id);
  const batches = (file?.batches ?? []).flatMap(({ requests }, at) => (requests > 0 ? [at + 1] : []));
  const idOf = (at: number): BatchId => ({ job_id, batch: batches[at] ?? 0, round: 1 });
  // The first of each file says which has the line.
  const at = await lastUpTo(line, 0, batches.length, 1, async (place) => firstFrom(idOf(place), 0));
  const size = (await headObject(requestKey(job_id, idOf(at).batch, 1)))?.bytes;
  if (size === undefined) return null;
  const from = await lastUpTo(line, 0, size, NEAR_BYTES, (byte) => firstFrom(idOf(at), byte));
  for await (const requests of requestsOf(idOf(at), from))
    for (const request of requests) {
      if (request.line === line) return promptText(request.bytes);
      if (request.line > line) return null;
    }
  return null;
}

/** The line of the first request behind a byte of the file. */
async function firstFrom(id: BatchId, byte: number): Promise<number | undefined> {
  for await (const requests of requestsOf(id, byte)) if (requests[0]) return requests[0].line;
  return undefined;
}
