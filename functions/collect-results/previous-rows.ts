/** The rows of the round before: those of lines that were not sent again are kept as they are. */

import { BatchResult, type ItemStatus } from "../../shared/models.ts";
import { rowsKey } from "../../shared/objects/keys.ts";
import { openObject } from "../../shared/objects/objects.ts";
import type { BatchRecord } from "../../shared/records/batch-record.ts";
import { splitLines } from "../../shared/streams/jsonl.ts";

/** Bounds memory only: a row is an answer and its raw form. */
const MAX_ROW_BYTES = 512 * 1024 * 1024;
const Head = BatchResult.pick({ line: true, status: true });

/** Reads the rows of the round before, in order. */
export interface PreviousRows {
  /** The row of a line; lines must be asked for in input order. */
  get(line: number): Promise<{ status: ItemStatus; bytes: Buffer }>;
  /** Lets go of the rows that were not asked for, and of the connection they would come by. */
  close(): Promise<void>;
}

/** The rows as they stood before this record's round. */
export function previousRows(record: BatchRecord): PreviousRows {
  const id = { job_id: record.job_id, batch: record.batch, round: record.round - 1 };
  const rows = readRows(rowsKey(id.job_id, id.batch, id.round));
  return {
    async get(line) {
      for (;;) {
        const next = await rows.next();
        if (next.done) throw new Error(`round ${id.round} of batch ${id.batch} has no row for line ${line}`);
        if (next.value.line === line) return next.value;
      }
    },
    async close() {
      await rows.return(undefined);
    },
  };
}

async function* readRows(key: string): AsyncGenerator<{ line: number; status: ItemStatus; bytes: Buffer }> {
  for await (const lines of splitLines(await openObject(key), MAX_ROW_BYTES)) {
    for (const { bytes } of lines as { bytes: Buffer }[]) {
      yield { ...Head.parse(JSON.parse(bytes.toString("utf8"))), bytes };
    }
  }
}
