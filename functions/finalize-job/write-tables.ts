/** Writes a job's results as tables: `results.csv`, `results.parquet`. */
import { membersOf } from "../../shared/json/source.ts";
import type { JobSpec } from "../../shared/models.ts";
import { readIndex } from "../../shared/objects/index-line.ts";
import type { JobFile } from "../../shared/objects/job-file.ts";
import { csvKey, parquetKey } from "../../shared/objects/keys.ts";
import { ObjectWriter } from "../../shared/objects/object-writer.ts";
import { openObject } from "../../shared/objects/objects.ts";
import { splitLines } from "../../shared/streams/jsonl.ts";
import { type Cell, type Column, columnsOf, RowText } from "../../shared/table/columns.ts";
import { csvRows } from "../../shared/table/csv.ts";
import { ParquetFile } from "../../shared/table/parquet-file.ts";

/** Rows that are held at once: a row group of the Parquet file ends with them, or with so many bytes of results. */
const GROUP_ROWS = 10_000;
const GROUP_BYTES = 16 * 1024 * 1024;
/** Bounds memory only: a row is an answer and its raw form. */
const MAX_ROW_BYTES = 512 * 1024 * 1024;
/** Carried columns of a table; more are what keys of `metadata` come to that are data themselves. */
const MOST_CARRIED = 1_000;

type TableFormat = Exclude<JobSpec["outputs"][number], "jsonl">;

/** One table being written. */
interface Table {
  write(rows: Cell[][]): Promise<void>;
  finish(): Promise<void>;
  abort(): Promise<void>;
}

/** Of what, and how. */
export interface TableSource {
  job_id: string;
  file: JobFile;
  /** Keys of the objects with the job's rows, in input order. */
  rows: string[];
}

/**
 * Writes the tables that the job asks for. Writing them again writes the same.
 * @param beforeEnd called right before a table takes the place of what is there
 */
export async function writeTables(
  { job_id, file, rows: keys }: TableSource,
  beforeEnd: () => Promise<unknown>,
): Promise<void> {
  const formats = file.spec.outputs.filter((format) => format !== "jsonl");
  if (formats.length === 0) return;
  const columns = columnsOf(file.spec, await carriedColumns(job_id, file.batches.length));
  const tables = formats.map((format) => TABLES[format](job_id, columns));
  try {
    for await (const rows of groupsOf(keys, columns)) for (const table of tables) await table.write(rows);
    await beforeEnd();
    for (const table of tables) await table.finish();
  } catch (error) {
    await Promise.allSettled(tables.map((table) => table.abort()));
    throw error;
  }
}

const TABLES: Record<TableFormat, (job_id: string, columns: Column[]) => Table> = {
  csv(job_id, columns) {
    const writer = new ObjectWriter(csvKey(job_id), { contentType: "text/csv; charset=utf-8" });
    let header = csvRows([columns.map(({ name }) => name)]);
    const write = async (rows: Cell[][]) => {
      await writer.write(header + csvRows(rows));
      header = "";
    };
    return { write, finish: () => writer.close(), abort: () => writer.abort() };
  },
  parquet(job_id, columns) {
    const writer = new ObjectWriter(parquetKey(job_id), { contentType: "application/vnd.apache.parquet" });
    const parquet = new ParquetFile(columns, writer);
    const finish = async () => {
      await parquet.finish();
      await writer.close();
    };
    return { write: (rows) => parquet.writeGroup(rows), finish, abort: () => writer.abort() };
  },
};

/** The rows of the results as cells, in groups. */
async function* groupsOf(keys: string[], columns: Column[]): AsyncGenerator<Cell[][]> {
  let rows: Cell[][] = [];
  let bytes = 0;
  for await (const line of rowLines(keys)) {
    const row = new RowText(line.toString("utf8"));
    rows.push(columns.map(({ cell }) => cell(row)));
    bytes += line.length;
    if (rows.length < GROUP_ROWS && bytes < GROUP_BYTES) continue;
    yield rows;
    rows = [];
    bytes = 0;
  }
  yield rows;
}

async function* rowLines(keys: string[]): AsyncGenerator<Buffer> {
  for (const key of keys) {
    for await (const lines of splitLines(await openObject(key), MAX_ROW_BYTES)) {
      for (const line of lines) if (!line.tooLong) yield line.bytes;
    }
  }
}

/** Names of the carried columns of all lines, in the order in which they first come. */
async function carriedColumns(job_id: string, batches: number): Promise<string[]> {
  const names = new Set<string>();
  for (let batch = 1; batch <= batches; batch++) {
    for await (const [, , , input] of readIndex(job_id, batch)) {
      if (input === undefined) continue;
      for (const { name } of membersOf(input)) if (names.size < MOST_CARRIED) names.add(name);
    }
  }
  return [...names];
}
