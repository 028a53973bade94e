/** The rows of a job that has no results yet, or failed before it had them: what its batches brought. */
import { Readable } from "node:stream";
import { rowsKey } from "../../shared/objects/keys.ts";
import { readLeftovers } from "../../shared/objects/leftovers.ts";
import { openObject } from "../../shared/objects/objects.ts";
import { PooledRows } from "../../shared/objects/pooled-rows.ts";
import { readRows } from "../../shared/objects/row-lines.ts";
import { batchEnds } from "../../shared/records/batch-record.ts";

/** Rows in the order of the input, one a line. */
export interface RowsFile {
  bytes: number;
  /** The bytes from one on. */
  open(from: number): Promise<Readable>;
}

/**
 * The rows of the batches that are collected, as they stand after the last of their rounds that was; null while there are none.
 * An item that a last round asked again (`poolLeftovers`) has two rows until the job has results.
 */
export async function collectedRows(job_id: string): Promise<RowsFile | null> {
  const parts: { key: string; bytes: number }[] = [];
  for (const { collected } of [...(await batchEnds(job_id)).values()].sort(
    (a, b) => a.last.batch - b.last.batch,
  ))
    if (collected?.rows_bytes)
      parts.push({ key: rowsKey(job_id, collected.batch, collected.round), bytes: collected.rows_bytes });
  if (parts.length === 0) return null;
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  return { bytes, open: async (from) => Readable.from(bytesOf(parts, from), { objectMode: false }) };
}

/** The same rows for a file: of an item that the last round asked again, the row of that round alone, in its place. */
export async function* joinedRows(job_id: string): AsyncGenerator<Uint8Array> {
  const [ends, leftovers] = await Promise.all([batchEnds(job_id), readLeftovers(job_id)]);
  const pool = leftovers ? ends.get(leftovers.batch) : undefined;
  const pooled = pool?.sent && pool.collected ? new PooledRows(job_id, pool.collected) : null;
  try {
    for (const [batch, { collected }] of [...ends].sort(([a], [b]) => a - b)) {
      if (!collected?.rows_bytes || batch === leftovers?.batch) continue;
      const key = rowsKey(job_id, batch, collected.round);
      if (!pooled || !leftovers?.from.includes(batch)) {
        yield* await openObject(key);
        continue;
      }
      for await (const own of readRows(key)) {
        yield ((await pooled.of(own.line)) ?? own).bytes;
        yield LINE_END;
      }
    }
  } finally {
    await pooled?.close();
  }
}

const LINE_END = Buffer.from("\n");

async function* bytesOf(parts: { key: string; bytes: number }[], from: number): AsyncGenerator<Buffer> {
  let before = 0;
  for (const { key, bytes } of parts) {
    const start = Math.max(0, from - before);
    before += bytes;
    if (start < bytes) yield* await openObject(key, { range: `bytes=${start}-` });
  }
}
