/** Makes one batch of what the batches of a job left over: see `leftovers.ts`. */
import { emptyQuote, type Quote } from "../../shared/money/quote.ts";
import { formatEntry, readIndex } from "../../shared/objects/index-line.ts";
import type { JobFile } from "../../shared/objects/job-file.ts";
import { indexKey, requestKey, tagOf } from "../../shared/objects/keys.ts";
import { readLeftovers, writeLeftovers } from "../../shared/objects/leftovers.ts";
import { ObjectWriter, writeWhole } from "../../shared/objects/object-writer.ts";
import { headObject } from "../../shared/objects/objects.ts";
import { formatOf } from "../../shared/providers/formats.ts";
import { type BatchId, batchEnds, isDone } from "../../shared/records/batch-record.ts";
import type { JobRecord } from "../../shared/records/job-record.ts";
import { copyRequest } from "../../shared/round/copy-request.ts";
import { requestsOf } from "../../shared/round/request-lines.ts";
import { stopOf } from "../../shared/workflow/job-stop.ts";

/**
 * Writes the batch, once all others are done. Doing it again writes the same.
 * @returns its number; null when there is none to be sent
 */
export async function poolLeftovers(job: JobRecord, file: JobFile, now: number): Promise<number | null> {
  const {
    min_requests: least,
    max_requests,
    max_bytes,
  } = formatOf(file.spec.provider, file.spec.model).limits;
  if (least === undefined || job.tally !== undefined) return null;
  const { job_id } = job;
  const known = await readLeftovers(job_id);
  const ends = await batchEnds(job_id);
  if (known) return isDone(ends.get(known.batch)) ? null : known.batch;
  const unfinished = file.batches.some(({ requests }, at) => requests > 0 && !isDone(ends.get(at + 1)));
  const stopped = [...ends.values()].some(({ last }) => stopOf(last, job, now) !== null);
  if (unfinished || stopped) return null;
  const from: BatchId[] = [];
  let [requests, bytes] = [0, 0];
  for (const [batch, { last }] of [...ends].sort(([a], [b]) => a - b)) {
    const { left_over = 0, round } = last;
    if (left_over === 0) continue;
    const id = { job_id, batch, round: round + 1 };
    bytes += (await headObject(requestKey(job_id, batch, id.round)))?.bytes ?? 0;
    if (requests + left_over > max_requests || bytes > max_bytes) break;
    requests += left_over;
    from.push(id);
  }
  if (requests < least) return null;
  const batch = file.batches.length + 1;
  const quote = await writeBatch(job_id, batch, from, file);
  await writeLeftovers(job_id, { batch, from: from.map((id) => id.batch), quote });
  return batch;
}

/** Writes index and requests, which the batches have prepared under tags of their own. */
async function writeBatch(
  job_id: string,
  batch: number,
  from: readonly BatchId[],
  { spec, bytes_per_token }: JobFile,
): Promise<Quote> {
  const format = formatOf(spec.provider);
  const { open, close } = format.framing;
  const tag = tagOf(job_id, batch, 1);
  const quote = emptyQuote();
  const writer = new ObjectWriter(requestKey(job_id, batch, 1));
  const target = { writer, tag, quote, format, spec, bytesPerToken: bytes_per_token };
  const index = new ObjectWriter(indexKey(job_id, batch), { contentType: "text/plain" });
  await writeWhole([index, writer], async () => {
    await writer.write(open);
    for (const id of from) {
      const lines = new Set<number>();
      for await (const requests of requestsOf(id)) {
        for (const request of requests) {
          lines.add(request.line);
          await copyRequest(request, target);
        }
      }
      for await (const entries of readIndex(job_id, id.batch))
        for (const entry of entries) if (lines.has(entry[0])) await index.write(formatEntry(entry));
    }
    await writer.write(close);
  });
  return quote;
}
