/** What a batch does after a round: which items go again, and in how large a part. */
import type { JobSpec } from "../../shared/models.ts";
import { emptyQuote, type Quote } from "../../shared/money/quote.ts";
import { deferredKey, requestKey, tagOf } from "../../shared/objects/keys.ts";
import { ObjectWriter, writeWhole } from "../../shared/objects/object-writer.ts";
import { openObject } from "../../shared/objects/objects.ts";
import { formatOf } from "../../shared/providers/formats.ts";
import type { BatchId } from "../../shared/records/batch-record.ts";
import { copyRequest } from "../../shared/round/copy-request.ts";
import { requestsOf } from "../../shared/round/request-lines.ts";
import { splitLines } from "../../shared/streams/jsonl.ts";

/**
 * Lines that are not in a round and wait for a later one. A batch that is too large for the provider's queue goes in
 * parts. Lines that failed are tried again only after every line was tried: so the parts come to an end.
 */
export interface Waiting {
  /** Not tried since the last time that all were. */
  fresh: Set<number>;
  /** Tried, to be tried again. */
  again: Set<number>;
}

/** Behind the number of a line that was tried. */
const AGAIN = "r";

/** The next round: what it sends costs at most, and the number of lines that wait. */
export interface NextRound {
  quote: Quote;
  deferred: number;
}

/**
 * Writes the next round's request file: the requests of `send` under the next round's tag. As many
 * go in as fit into `maxBytes`, at least one. The others, and the lines that wait, are listed as
 * deferred. Requests are taken from round 1, which holds every valid line of the batch.
 */
export async function writeNextRound(
  { job_id, batch, round }: BatchId,
  send: ReadonlySet<number>,
  wait: ReadonlySet<number>,
  spec: JobSpec,
  maxBytes: number,
  bytesPerToken?: number,
): Promise<NextRound> {
  const format = formatOf(spec.provider);
  const tag = tagOf(job_id, batch, round + 1);
  const { open, separator, close } = format.framing;
  const writer = new ObjectWriter(requestKey(job_id, batch, round + 1));
  const deferred = new ObjectWriter(deferredKey(job_id, batch, round + 1), { contentType: "text/plain" });
  const part: NextRound = { quote: emptyQuote(), deferred: wait.size };
  const target = { writer, tag, quote: part.quote, format, spec, bytesPerToken };
  await writeWhole([deferred, writer], async () => {
    for (const line of wait) await deferred.write(`${line}${AGAIN}\n`);
    await writer.write(open);
    for await (const requests of requestsOf({ job_id, batch, round: 1 })) {
      for (const request of requests) {
        const { line, bytes } = request;
        if (!send.has(line)) continue;
        if (
          part.quote.requests > 0 &&
          writer.bytes + separator.length + bytes.length + close.length > maxBytes
        ) {
          await deferred.write(`${line}\n`);
          part.deferred++;
          continue;
        }
        await copyRequest(request, target);
      }
    }
    await writer.write(close);
  });
  return part;
}

/** The lines that were left out of a round; none of the first. */
export async function waitingLines({ job_id, batch, round }: BatchId): Promise<Waiting> {
  const waiting: Waiting = { fresh: new Set(), again: new Set() };
  if (round === 1) return waiting;
  for await (const lines of splitLines(await openObject(deferredKey(job_id, batch, round)), 64)) {
    for (const line of lines) {
      if (line.tooLong) continue;
      const text = line.bytes.toString("latin1");
      (text.endsWith(AGAIN) ? waiting.again : waiting.fresh).add(Number.parseInt(text, 10));
    }
  }
  return waiting;
}
