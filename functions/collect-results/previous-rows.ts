/** The rows of the round before: those of lines that were not sent again are kept as they are. */

import { rowsKey } from "../../shared/objects/keys.ts";
import { type Row, readRows } from "../../shared/objects/row-lines.ts";
import type { BatchRecord } from "../../shared/records/batch-record.ts";

export interface PreviousRows {
  /** The row of a line; lines must be asked for in input order. */
  get(line: number): Promise<Row>;
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
