/** Reads a round's request file as requests, to know which lines it holds. */
import { requestKey, tagOf } from "../objects/keys.ts";
import { openObject } from "../objects/objects.ts";
import type { BatchId } from "../records/batch-record.ts";
import { splitLines } from "../streams/jsonl.ts";

/** The providers' own limit of a batch bounds any request; this only bounds memory. */
const MAX_REQUEST_BYTES = 256 * 1024 * 1024;
const COMMA = 0x2c;
/** Bytes of a line in which its id stands. */
const LEAD_BYTES = 64;

/** One request of a round: the input line it answers, and its JSON without the framing. */
export interface Request {
  line: number;
  bytes: Buffer;
  /** The provider's name of a request's id: `custom_id`, `recordId`, `key`. */
  idKey: string;
  /** What follows the id in `bytes`. */
  rest: Buffer;
}

/**
 * The requests of a round, in order. Every request stands on a line of its own and begins with its id. `from`: a byte of
 * the file; requests that begin behind it are read.
 */
export async function* requestsOf({ job_id, batch, round }: BatchId, from = 0): AsyncGenerator<Request[]> {
  const lead = new RegExp(`^\\{"(\\w{1,16})":"${tagOf(job_id, batch, round)}-(\\d{1,15})"`);
  const body = await openObject(
    requestKey(job_id, batch, round),
    from > 0 ? { range: `bytes=${from}-` } : {},
  );
  let isPart = from > 0;
  for await (const lines of splitLines(body, MAX_REQUEST_BYTES)) {
    const requests: Request[] = [];
    if (isPart) lines.shift();
    isPart = false;
    for (const { bytes } of lines as { bytes: Buffer }[]) {
      const [all, idKey, line] = lead.exec(bytes.toString("latin1", 0, LEAD_BYTES)) ?? [];
      if (all === undefined || idKey === undefined) continue;
      const end = bytes[bytes.length - 1] === COMMA ? bytes.length - 1 : bytes.length;
      const rest = bytes.subarray(all.length, end);
      requests.push({ line: Number(line), bytes: bytes.subarray(0, end), idKey, rest });
    }
    yield requests;
  }
}

/** The input lines that a round sends. */
export async function linesOf(id: BatchId): Promise<Set<number>> {
  const lines = new Set<number>();
  for await (const requests of requestsOf(id)) for (const request of requests) lines.add(request.line);
  return lines;
}
