/** A job's results out of the bucket, as a stream that survives cut connections. */
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../shared/errors.ts";
import type { BatchResult } from "../../shared/models.ts";
import { resultsKey } from "../../shared/objects/keys.ts";
import { headObject, openObject } from "../../shared/objects/objects.ts";
import { MAX_ROW_BYTES } from "../../shared/objects/row-lines.ts";
import { splitLines } from "../../shared/streams/jsonl.ts";

/** Connections that may be cut one after the other without a row gained. */
const TRIES = 5;

/** @throws Error when the results are not there, or the connection cannot be kept */
export async function* streamResults(job_id: string): AsyncGenerator<BatchResult, void, undefined> {
  const key = resultsKey(job_id);
  const object = await headObject(key);
  if (!object) throw new Error(`the results of job ${job_id} are no longer in the bucket`);
  const { etag, bytes } = object;
  /** Behind the last row that was given out. */
  let at = { number: 0, start: 0 };
  for (let tries = 0; at.start < bytes; ) {
    const before = at.start;
    try {
      const body = await openObject(key, at.start > 0 ? { etag, range: `bytes=${at.start}-` } : { etag });
      for await (const lines of splitLines(body, MAX_ROW_BYTES, at)) {
        for (const line of lines) {
          const length = line.tooLong ? line.length : line.bytes.length;
          const end = line.start + length + 1;
          // The last line of a body that was cut is no row: every row ends with a line feed.
          if (end > bytes) throw new Error("the body ended within a row");
          if (!line.tooLong) yield JSON.parse(line.bytes.toString("utf8"));
          at = { number: line.number, start: end };
        }
      }
      if (at.start < bytes) throw new Error("the body ended before the object did");
    } catch (error) {
      tries = at.start > before ? 1 : tries + 1;
      if (tries >= TRIES)
        throw new Error(`the results of job ${job_id} were cut: ${messageOf(error)}`, { cause: error });
      await sleep(200 * 2 ** tries);
    }
  }
}
