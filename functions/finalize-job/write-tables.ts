/** Writes a job's results as tables (`results.csv`, `results.parquet`), in as many runs as it takes. */
import type { JobFile } from "../../shared/objects/job-file.ts";
import { tableEndKey, tableKey, tablePartKey } from "../../shared/objects/keys.ts";
import { type JoinPart, joinObjects } from "../../shared/objects/object-join.ts";
import { ObjectWriter } from "../../shared/objects/object-writer.ts";
import { openObject, putObject, readBytes } from "../../shared/objects/objects.ts";
import { addCarried } from "../../shared/table/carried-columns.ts";
import { type Column, columnsOf } from "../../shared/table/columns.ts";
import { rowGroups } from "../../shared/table/row-groups.ts";
import { FORMATS, type TableFormat } from "../../shared/table/table-format.ts";
import type { TablesCursor } from "./tables-cursor.ts";

/**
 * Bytes of results after which a part of a table is full: about 20 s of work. A run may stop between parts. Parts always end
 * with a batch, wherever runs stop. So each part has the same bytes in every run.
 */
const PART_BYTES = 256 * 1024 * 1024;

export interface TableWriting {
  job_id: string;
  /** Of the job's tally: see `keys.ts`. */
  name: string;
  file: JobFile;
  rows: JoinPart[];
  /** Whether to stop at the end of a part; the next run resumes. */
  isLate: () => boolean;
  /** Called right before a table takes the place of what is there. */
  beforeEnd: () => Promise<unknown>;
  /** Default: see `PART_BYTES`. */
  partBytes?: number;
}

/**
 * Writes the tables that the job asks for, from where the cursor is, which moves along. Writing them again writes the same.
 * @returns false when there is more to do
 */
export async function writeTables(writing: TableWriting, cursor: TablesCursor): Promise<boolean> {
  const { file, rows, isLate } = writing;
  const formats = (file.spec.outputs ?? []).filter((format) => format !== "jsonl");
  if (formats.length === 0) return true;
  while (cursor.looked < file.batches.length) {
    cursor.carried = await addCarried(writing.job_id, cursor.looked + 1, cursor.carried);
    cursor.looked++;
    if (isLate()) return false;
  }
  // The price list is half a megabyte.
  const { costColumn } = await import("../../shared/table/cost-column.ts");
  const columns = columnsOf(file.spec, cursor.carried, costColumn(file.spec));
  while (cursor.batches < rows.length) {
    await writePart(writing, formats, columns, cursor);
    if (isLate()) return false;
  }
  for (const format of formats) {
    if (cursor.joined.includes(format)) continue;
    await join(writing, format, columns, cursor);
    cursor.joined.push(format);
    if (isLate()) return cursor.joined.length === formats.length;
  }
  return true;
}

async function writePart(
  { job_id, name, rows, partBytes = PART_BYTES }: TableWriting,
  formats: readonly TableFormat[],
  columns: readonly Column[],
  cursor: TablesCursor,
): Promise<void> {
  let end = cursor.batches;
  for (let bytes = 0; end < rows.length && bytes < partBytes; end++) bytes += rows[end]?.bytes ?? 0;
  const parts = formats.map((format) => {
    const number = cursor.parts[format]?.length ?? 0;
    const { part, contentType } = FORMATS[format];
    const object = new ObjectWriter(tablePartKey(job_id, name, format, number), { contentType });
    return { format, number, object, part: part(columns) };
  });
  try {
    const batches = rows.slice(cursor.batches, end).map(
      ({ key }) =>
        () =>
          openObject(key),
    );
    for await (const group of rowGroups(batches, columns))
      for (const { part, object } of parts) await object.write(await part.rows(group));
    for (const { format, number, part, object } of parts) {
      const { footer } = await part.end();
      await putObject(tableEndKey(job_id, name, format, number), footer);
      await object.close();
      cursor.parts[format] = [...(cursor.parts[format] ?? []), { bytes: object.bytes }];
    }
  } catch (error) {
    await Promise.allSettled(parts.map(({ object }) => object.abort()));
    throw error;
  }
  cursor.batches = end;
}

async function join(
  { job_id, name, beforeEnd }: TableWriting,
  format: TableFormat,
  columns: readonly Column[],
  cursor: TablesCursor,
): Promise<void> {
  const { open, close, contentType } = FORMATS[format];
  const parts = cursor.parts[format] ?? [];
  const ends = [];
  for (const [number, { bytes }] of parts.entries())
    ends.push({ bytes, footer: await readBytes(tableEndKey(job_id, name, format, number)) });
  const written = async (place: "open" | "close", bytes: Buffer): Promise<JoinPart> => {
    const key = tablePartKey(job_id, name, format, place);
    await putObject(key, bytes);
    return { key, bytes: bytes.length };
  };
  await joinObjects(
    [
      await written("open", open(columns)),
      ...parts.map(({ bytes }, number) => ({ key: tablePartKey(job_id, name, format, number), bytes })),
      await written("close", await close(columns, ends)),
    ],
    tableKey(job_id, format),
    { contentType, beforeEnd },
  );
}
