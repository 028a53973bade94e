/** The rows of a job's last round, which take the places of those that the batches left over. */
import { rowsKey } from "./keys.ts";
import { type Row, readRows } from "./row-lines.ts";

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
