/** Writes a batch's rows: one for every line of its index, in that order. */

import type { ItemCounts, ItemStatus } from "../../shared/models.ts";
import { NO_COUNTS } from "../../shared/money/sums.ts";
import { type IndexEntry, readIndex, resultHead, unanswered } from "../../shared/objects/index-line.ts";
import { rowsKey, unansweredKey } from "../../shared/objects/keys.ts";
import { ObjectWriter } from "../../shared/objects/object-writer.ts";
import type { BatchRecord } from "../../shared/records/batch-record.ts";
import type { Answers } from "./answers.ts";
import { batchErrors, neverSent } from "./batch-errors.ts";
import { previousRows } from "./previous-rows.ts";
import { linesOf } from "./request-lines.ts";

/** What the rows of a round came to. */
export interface Rows {
  counts: ItemCounts;
  /** Bytes of the rows file. */
  bytes: number;
  /** Lines without an answer. */
  unanswered: number;
  /** Lines of this round that may succeed when sent again. */
  retry: Set<number>;
}

/** Writes the rows and the list of unanswered lines of this round. `waiting`: lines left for a later round. */
export async function writeRows(
  record: BatchRecord,
  { spool, report }: Pick<Answers, "spool" | "report">,
  waiting: ReadonlySet<number>,
): Promise<Rows> {
  const { job_id, batch, round } = record;
  const counts: ItemCounts = { ...NO_COUNTS };
  const retry = new Set<number>();
  const sent = round > 1 ? await linesOf(record) : null;
  const before = round > 1 ? previousRows(record) : null;
  const noAnswer = batchErrors(record);
  const never = neverSent(record);
  const rows = new ObjectWriter(rowsKey(job_id, batch, round));
  const missing = new ObjectWriter(unansweredKey(job_id, batch, round), { contentType: "text/plain" });

  const put = async (
    line: number,
    status: ItemStatus,
    retryable: boolean,
    head: string,
    tail: Buffer | null,
  ) => {
    counts[status]++;
    if (status !== "succeeded") await missing.write(`${line}\n`);
    if (retryable) retry.add(line);
    await rows.write(head);
    if (tail) await rows.write(tail);
    await rows.write("\n");
  };
  const putNoAnswer = (entry: IndexEntry, status: ItemStatus, error: string, retryable: boolean) => {
    const [line, custom_id] = entry;
    // An invalid line is in the rows of every round.
    if (status !== "invalid" || round === 1) {
      report.count({ line, status, error, response: null }, retryable);
      report.show(line, retryable, () => ({ custom_id, status, error, response: null }));
    }
    return put(line, status, retryable, unanswered(entry, status, error), null);
  };

  try {
    let place = 0;
    for await (const entry of readIndex(job_id, batch)) {
      const [line, , invalid] = entry;
      if (invalid !== undefined) {
        await putNoAnswer(entry, "invalid", invalid, false);
        continue;
      }
      if (never && waiting.has(line)) {
        await putNoAnswer(entry, never.status, never.error, false);
        continue;
      }
      if (sent && before && !sent.has(line)) {
        const row = await before.get(line);
        await put(line, row.status, false, "", row.bytes);
        continue;
      }
      place++;
      const answer = spool.get(line);
      if (answer) {
        const head = resultHead(entry);
        report.show(line, answer.retryable, () => JSON.parse(head + answer.bytes.toString("utf8")));
        await put(line, answer.status, answer.retryable, head, answer.bytes);
      } else {
        const { status, error, retryable } = noAnswer(place);
        await putNoAnswer(entry, status, error, retryable);
      }
    }
    await missing.close();
    await rows.close();
  } catch (error) {
    await Promise.allSettled([rows.abort(), missing.abort()]);
    throw error;
  } finally {
    await before?.close();
  }
  const total = counts.failed + counts.invalid + counts.expired + counts.cancelled;
  return { counts, bytes: rows.bytes, unanswered: total, retry };
}
