/**
 * Rows that are written anew for a tally: those of batches without a collected round, as every line ends in one result.
 * Also those of batches whose left-over items were answered in the job's last round.
 */
import * as z from "zod";
import { ItemCounts, type ItemStatus } from "../../shared/models.ts";
import { NO_COUNTS } from "../../shared/money/sums.ts";
import { readIndex, unanswered } from "../../shared/objects/index-line.ts";
import { lostLinesKey, lostRowsKey, rowsKey } from "../../shared/objects/keys.ts";
import { ObjectWriter, writeWhole } from "../../shared/objects/object-writer.ts";
import type { PooledRows } from "../../shared/objects/pooled-rows.ts";
import { readRows } from "../../shared/objects/row-lines.ts";

/** Their bytes, and what they count as. */
export const TallyRows = z.object({ bytes: z.int(), counts: ItemCounts });
export type TallyRows = z.infer<typeof TallyRows>;

/** Takes a line's row, without the end of its line. */
type AddRow = (line: number, status: ItemStatus, row: string | Buffer) => Promise<void>;

/** Writes for one tally the rows of a batch that `fill` adds, and the numbers of lines without an answer. */
async function writeTallyRows(
  job_id: string,
  tally: string,
  batch: number,
  fill: (add: AddRow) => Promise<void>,
): Promise<TallyRows> {
  const counts: ItemCounts = { ...NO_COUNTS };
  const rows = new ObjectWriter(lostRowsKey(job_id, tally, batch));
  const missing = new ObjectWriter(lostLinesKey(job_id, tally, batch), { contentType: "text/plain" });
  await writeWhole([missing, rows], () =>
    fill(async (line, status, row) => {
      counts[status]++;
      if (status !== "succeeded") await missing.write(`${line}\n`);
      await rows.write(row);
      await rows.write("\n");
    }),
  );
  return { bytes: rows.bytes, counts };
}

/** Writes an error result for every line of the batch. */
export function writeLostRows(
  job_id: string,
  tally: string,
  batch: number,
  error: string,
): Promise<TallyRows> {
  return writeTallyRows(job_id, tally, batch, async (add) => {
    for await (const entries of readIndex(job_id, batch)) {
      for (const entry of entries) {
        const status = entry[2] === undefined ? "failed" : "invalid";
        await add(entry[0], status, unanswered(entry, status, entry[2] ?? error));
      }
    }
  });
}

/** Writes a batch's rows with those of the last round in their places. */
export function writePooledRows(
  { job_id, batch, round }: { job_id: string; batch: number; round: number },
  tally: string,
  pooled: PooledRows,
): Promise<TallyRows> {
  return writeTallyRows(job_id, tally, batch, async (add) => {
    for await (const own of readRows(rowsKey(job_id, batch, round))) {
      const { line, status, bytes } = (await pooled.of(own.line)) ?? own;
      await add(line, status, bytes);
    }
  });
}
