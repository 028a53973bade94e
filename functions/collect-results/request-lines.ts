/** Reads a round's request file as requests, to know which lines it holds. */

import { requestKey, tagOf } from "../../shared/objects/keys.ts";
import { openObject } from "../../shared/objects/objects.ts";
import type { BatchId } from "../../shared/records/batch-record.ts";
import { splitLines } from "../../shared/streams/jsonl.ts";

/** The providers' own limit of a batch bounds any request; this only bounds memory. */
const MAX_REQUEST_BYTES = 256 * 1024 * 1024;
const COMMA = 0x2c;
/** Digits of a line number that are read at most. */
const LINE_DIGITS = 16;

/** One request of a round: the input line it answers, and its JSON without the framing. */
export interface Request {
  line: number;
  bytes: Buffer;
}

/** The requests of a round, in order. Every request stands on a line of its own and begins with its `custom_id`. */
export async function* requestsOf({ job_id, batch, round }: BatchId): AsyncGenerator<Request[]> {
  const lead = Buffer.from(`{"custom_id":"${tagOf(job_id, batch, round)}-`);
  const body = await openObject(requestKey(job_id, batch, round));
  for await (const lines of splitLines(body, MAX_REQUEST_BYTES)) {
    const requests: Request[] = [];
    for (const { bytes } of lines as { bytes: Buffer }[]) {
      if (!bytes.subarray(0, lead.length).equals(lead)) continue;
      const line = Number.parseInt(bytes.toString("latin1", lead.length, lead.length + LINE_DIGITS), 10);
      const end = bytes[bytes.length - 1] === COMMA ? bytes.length - 1 : bytes.length;
      requests.push({ line, bytes: bytes.subarray(0, end) });
    }
    yield requests;
  }
}

/** The lines that a round sent. */
export async function linesOf(id: BatchId): Promise<Set<number>> {
  const lines = new Set<number>();
  for await (const requests of requestsOf(id)) for (const request of requests) lines.add(request.line);
  return lines;
}
