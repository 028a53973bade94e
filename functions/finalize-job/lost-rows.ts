/** Rows of a batch none of whose rounds was collected: every line still ends in one result. */
import { readIndex, unanswered } from "../../shared/index-line.ts";
import { rowsKey, unansweredKey } from "../../shared/keys.ts";
import type { ItemCounts } from "../../shared/models.ts";
import { ObjectWriter } from "../../shared/object-writer.ts";
import { NO_COUNTS } from "../../shared/sums.ts";

/** Writes an error result for every line of the batch, as its round 0. */
export async function writeLostRows(
  job_id: string,
  batch: number,
  error: string,
): Promise<{ bytes: number; counts: ItemCounts }> {
  const counts: ItemCounts = { ...NO_COUNTS };
  const rows = new ObjectWriter(rowsKey(job_id, batch, 0));
  const missing = new ObjectWriter(unansweredKey(job_id, batch, 0), { contentType: "text/plain" });
  try {
    for await (const entry of readIndex(job_id, batch)) {
      const status = entry[2] === undefined ? "failed" : "invalid";
      counts[status]++;
      await rows.write(`${JSON.stringify(unanswered(entry, status, entry[2] ?? error))}\n`);
      await missing.write(`${entry[0]}\n`);
    }
    await missing.close();
    await rows.close();
  } catch (failure) {
    await Promise.allSettled([rows.abort(), missing.abort()]);
    throw failure;
  }
  return { bytes: rows.bytes, counts };
}
