/** The rows of a job that has no results yet, or failed before it had them: what its batches brought. */
import { Readable } from "node:stream";
import { readIndex, resultLine } from "../../shared/objects/index-line.ts";
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
  /** Whether the row that begins at a byte is not to be shown. The last round's row of the same item follows. */
  isReplaced?(row: Buffer, start: number): boolean;
}

/**
 * The rows of the batches that are collected, each after its last collected round; null while there are none.
 * Those of a last round (`poolLeftovers`) stand behind the others.
 */
export async function collectedRows(job_id: string): Promise<RowsFile | null> {
  const { parts, pool } = await partsOf(job_id);
  if (parts.length === 0) return null;
  const own = parts.reduce((sum, part) => sum + part.bytes, 0);
  const all = pool ? [...parts, pool] : parts;
  const open = async (from: number) => Readable.from(bytesOf(all, from), { objectMode: false });
  if (!pool) return { bytes: own, open };
  const pooled = new Set<number>();
  for await (const entries of readIndex(job_id, pool.batch)) for (const [line] of entries) pooled.add(line);
  const isReplaced = (row: Buffer, start: number) => start < own && pooled.has(resultLine(row));
  return { bytes: own + pool.bytes, open, isReplaced };
}

/** The same rows for a file. Where the last round asked an item again, its row alone is there, in its place. */
export async function* joinedRows(job_id: string): AsyncGenerator<Uint8Array> {
  const { parts, pool } = await partsOf(job_id);
  const pooled = pool && new PooledRows(job_id, pool);
  try {
    for (const { key, left } of parts) {
      if (!pooled || !left) {
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

interface Part {
  batch: number;
  round: number;
  key: string;
  bytes: number;
  /** Whether items of it are in the last round. */
  left: boolean;
}

/** The rows of the batches that have any, in order. `pool`: those of the last round, if it was sent and is collected. */
async function partsOf(job_id: string): Promise<{ parts: Part[]; pool: Part | undefined }> {
  const [ends, leftovers] = await Promise.all([batchEnds(job_id), readLeftovers(job_id)]);
  const parts: Part[] = [];
  let pool: Part | undefined;
  for (const [batch, { collected, sent }] of [...ends].sort(([a], [b]) => a - b)) {
    if (!collected?.rows_bytes) continue;
    const { round, rows_bytes: bytes } = collected;
    const left = leftovers?.from.includes(batch) ?? false;
    const part = { batch, round, key: rowsKey(job_id, batch, round), bytes, left };
    if (batch !== leftovers?.batch) parts.push(part);
    else if (sent) pool = part;
  }
  return { parts, pool };
}

const LINE_END = Buffer.from("\n");

async function* bytesOf(parts: readonly Part[], from: number): AsyncGenerator<Buffer> {
  let before = 0;
  for (const { key, bytes } of parts) {
    const start = Math.max(0, from - before);
    before += bytes;
    if (start < bytes) yield* await openObject(key, { range: `bytes=${start}-` });
  }
}
