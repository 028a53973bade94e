/** Reads a round's request file as requests, to know which lines it holds and to write the next round's. */
import { requestKey, tagOf, wireId } from "../../shared/keys.ts";
import { splitLines } from "../../shared/jsonl.ts";
import { ObjectWriter, openObject } from "../../shared/objects.ts";
import type { ProviderFormat } from "../../shared/providers/provider.ts";
import type { BatchId } from "../../shared/batch-record.ts";

/** The providers' own limit of a batch bounds any request; this only bounds memory. */
const MAX_REQUEST_BYTES = 256 * 1024 * 1024;
const COMMA = 0x2c;

/** One request of a round: the input line it answers, and its JSON without the framing. */
interface Request {
  line: number;
  bytes: Buffer;
}

/** The requests of a round, in order. Every request stands on a line of its own and begins with its `custom_id`. */
export async function* requestsOf(id: BatchId): AsyncGenerator<Request[]> {
  const lead = Buffer.from(`{"custom_id":"${tagOf(id.job_id, id.batch, id.round)}-`);
  const body = await openObject(requestKey(id.job_id, id.batch, id.round));
  for await (const lines of splitLines(body, MAX_REQUEST_BYTES)) {
    const requests: Request[] = [];
    for (const { bytes } of lines as { bytes: Buffer }[]) {
      if (!bytes.subarray(0, lead.length).equals(lead)) continue;
      const line = Number.parseInt(bytes.toString("latin1", lead.length, lead.length + 16), 10);
      const end = bytes[bytes.length - 1] === COMMA ? bytes.length - 1 : bytes.length;
      requests.push({ line, bytes: bytes.subarray(0, end) });
    }
    yield requests;
  }
}

/** Writes the next round's request file: the requests of `lines`, marked with the next round's tag. */
export async function writeNextRound(id: BatchId, lines: ReadonlySet<number>, format: ProviderFormat): Promise<void> {
  const next = { ...id, round: id.round + 1 };
  const tag = tagOf(next.job_id, next.batch, next.round);
  const writer = new ObjectWriter(requestKey(next.job_id, next.batch, next.round));
  try {
    await writer.write(format.framing.open);
    let first = true;
    for await (const requests of requestsOf(id)) {
      for (const { line, bytes } of requests) {
        if (!lines.has(line)) continue;
        const rest = bytes.subarray(bytes.indexOf('"', '{"custom_id":"'.length) + 1);
        await writer.write(`${first ? "" : format.framing.separator}{"custom_id":"${wireId(tag, line)}"`);
        await writer.write(rest);
        first = false;
      }
    }
    await writer.write(format.framing.close);
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
