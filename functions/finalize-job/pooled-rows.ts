/** Rows of a batch whose left-over items were answered in the job's last round. */
import { rowsKey } from "../../shared/objects/keys.ts";
import type { PooledRows } from "../../shared/objects/pooled-rows.ts";
import { readRows } from "../../shared/objects/row-lines.ts";
import { type LostRows, writeTallyRows } from "./lost-rows.ts";

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
