/** Rows of a batch whose left-over items were answered in the job's last round. */
import { NO_COUNTS } from "../../shared/money/sums.ts";
import { lostLinesKey, lostRowsKey, rowsKey } from "../../shared/objects/keys.ts";
import { ObjectWriter } from "../../shared/objects/object-writer.ts";
import { type Row, readRows } from "../../shared/objects/row-lines.ts";
import type { LostRows } from "./lost-rows.ts";

/** Reads the last round's rows, for batches in input order. */
export class PooledRows {
  readonly #rows: AsyncGenerator<Row, undefined>;
  #next: Row | undefined;
  #begun = false;

  constructor(job_id: string, { batch, round }: { batch: number; round: number }) {
    this.#rows = readRows(rowsKey(job_id, batch, round));
  }

  /** The row of a line, if the last round has it. Lines must be asked for in input order. */
  async of(line: number): Promise<Row | undefined> {
    while (!this.#begun || (this.#next && this.#next.line < line)) {
      this.#begun = true;
      this.#next = (await this.#rows.next()).value;
    }
    return this.#next?.line === line ? this.#next : undefined;
  }

  async close(): Promise<void> {
    await this.#rows.return(undefined);
  }
}

/** Writes a batch's rows with those of the last round in their places, and the numbers of lines without an answer. */
export async function writePooledRows(
  { job_id, batch, round }: { job_id: string; batch: number; round: number },
  tally: string,
  pooled: PooledRows,
): Promise<LostRows> {
  const counts = { ...NO_COUNTS };
  const rows = new ObjectWriter(lostRowsKey(job_id, tally, batch));
  const missing = new ObjectWriter(lostLinesKey(job_id, tally, batch), { contentType: "text/plain" });
  try {
    for await (const own of readRows(rowsKey(job_id, batch, round))) {
      const row = (await pooled.of(own.line)) ?? own;
      counts[row.status]++;
      if (row.status !== "succeeded") await missing.write(`${row.line}\n`);
      await rows.write(row.bytes);
      await rows.write("\n");
    }
    await missing.close();
    await rows.close();
  } catch (failure) {
    await Promise.allSettled([rows.abort(), missing.abort()]);
    throw failure;
  }
  return { bytes: rows.bytes, counts };
}
