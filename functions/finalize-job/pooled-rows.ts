/** Rows of a batch whose left-over items were answered in the job's last round. */
import { rowsKey } from "../../shared/objects/keys.ts";
import { type Row, readRows } from "../../shared/objects/row-lines.ts";
import { type LostRows, writeTallyRows } from "./lost-rows.ts";

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

/** Writes a batch's rows with those of the last round in their places. */
export function writePooledRows(
  { job_id, batch, round }: { job_id: string; batch: number; round: number },
  tally: string,
  pooled: PooledRows,
): Promise<LostRows> {
  return writeTallyRows(job_id, tally, batch, async (add) => {
    for await (const own of readRows(rowsKey(job_id, batch, round))) {
      const { line, status, bytes } = (await pooled.of(own.line)) ?? own;
      await add(line, status, bytes);
    }
  });
}
