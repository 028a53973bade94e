/** Writes a batch's rows: one for every line of its index, in that order. */
import type { ItemCounts } from "../../shared/models.ts";
import { readIndex } from "../../shared/objects/index-line.ts";
import { rowsKey, unansweredKey } from "../../shared/objects/keys.ts";
import { ObjectWriter } from "../../shared/objects/object-writer.ts";
import { type Row, readRows } from "../../shared/objects/row-lines.ts";
import type { BatchRecord } from "../../shared/records/batch-record.ts";
import type { Answers } from "../../shared/round/answers.ts";
import { linesOf } from "../../shared/round/request-lines.ts";
import { RowJoiner } from "./join-rows.ts";
import type { Waiting } from "./next-round.ts";

export interface Rows {
  counts: ItemCounts;
  /** Bytes of the rows file. */
  bytes: number;
  unanswered: number;
  /** Lines of this round that ran, by their results. */
  ran: number;
  /** Lines of this round that may succeed when sent again. */
  retry: Set<number>;
}

/** Writes the rows and the list of unanswered lines of this round. */
export async function writeRows(
  record: BatchRecord,
  answers: Pick<Answers, "spool" | "report">,
  waiting: Waiting,
): Promise<Rows> {
  const { job_id, batch, round } = record;
  const sent = round > 1 ? await linesOf(record) : null;
  const before = round > 1 ? readRows(rowsKey(job_id, batch, round - 1)) : null;
  const joiner = new RowJoiner(record, answers, waiting, sent);
  const rows = new ObjectWriter(rowsKey(job_id, batch, round));
  const missing = new ObjectWriter(unansweredKey(job_id, batch, round), { contentType: "text/plain" });
  try {
    for await (const entries of readIndex(job_id, batch)) {
      for (const entry of entries) {
        let row = joiner.row(entry);
        if (!row) {
          const kept = await rowOf(entry[0], before);
          if (!kept) throw new Error(`line ${entry[0]} of batch ${batch} is in no row of round ${round - 1}`);
          joiner.keep(entry, kept.status, kept.bytes);
          row = { status: kept.status, head: "", tail: kept.bytes };
        }
        if (row.status !== "succeeded") await missing.write(`${entry[0]}\n`);
        for (const piece of [row.head, row.tail, "\n"]) {
          const writing = piece && rows.write(piece);
          if (writing) await writing;
        }
      }
    }
    await missing.close();
    await rows.close();
  } catch (error) {
    await Promise.allSettled([rows.abort(), missing.abort()]);
    throw error;
  } finally {
    await before?.return(undefined);
  }
  const { counts, ran, retry } = joiner;
  const total = counts.failed + counts.invalid + counts.expired + counts.cancelled;
  return { counts, bytes: rows.bytes, unanswered: total, ran, retry };
}

/** The row of a line that was not sent again, as the round before left it. Lines must be asked for in input order. */
async function rowOf(line: number, rows: AsyncGenerator<Row, undefined> | null): Promise<Row | undefined> {
  for (;;) {
    const row = (await rows?.next())?.value;
    if (!row || row.line === line) return row;
  }
}
