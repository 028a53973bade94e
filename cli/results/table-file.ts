/** A file of results as a table, as `finalize-job` writes it. */
import { createReadStream, createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { memberOf, membersOf } from "../../shared/json/source.ts";
import { JobSpec } from "../../shared/models.ts";
import { readJobFile } from "../../shared/objects/job-file.ts";
import type { JobRecord } from "../../shared/records/job-record.ts";
import { type Cell, type Column, columnsOf } from "../../shared/table/columns.ts";
import { costColumn } from "../../shared/table/cost-column.ts";
import { rowGroups } from "../../shared/table/row-groups.ts";
import { FORMATS, type TableFormat } from "../../shared/table/table-format.ts";
import { readResultTexts } from "./read-results.ts";

/** The settings of a job. Those that its columns come from are gone once its intermediate objects have expired. */
export async function specOf({ job_id, provider, model }: JobRecord): Promise<JobSpec> {
  return (await readJobFile(job_id))?.spec ?? JobSpec.parse({ provider, model });
}

/**
 * Writes a file of results as a table, as a stream: it is read twice, and nothing grows with it.
 * @param spreadsheetSafe puts a `'` before texts that a spreadsheet would take for a formula, never before a
 * `custom_id`. Such texts begin with `=`, `+`, `-`, `@`, a tab or a carriage return, and are no numbers
 */
export async function writeTable(
  results: string,
  spec: JobSpec,
  format: TableFormat,
  path: string,
  spreadsheetSafe = false,
): Promise<void> {
  const all = columnsOf(spec, await carriedIn(results), costColumn(spec));
  const columns = spreadsheetSafe ? all.map(withoutFormulas) : all;
  const bytes = tableBytes(format, columns, async () => createReadStream(results));
  await pipeline(Readable.from(bytes), createWriteStream(path, { mode: 0o600 }));
}

/** The bytes of a table. `results`: opens them. */
export async function* tableBytes(
  format: TableFormat,
  columns: Column[],
  results: () => Promise<AsyncIterable<Uint8Array>>,
): AsyncGenerator<Buffer> {
  const { open, part, close } = FORMATS[format];
  yield open(columns);
  const writer = part(columns);
  for await (const rows of rowGroups([results], columns)) yield await writer.rows(rows);
  yield await close(columns, [await writer.end()]);
}

/** Names of the carried columns, in the order in which they first come. */
async function carriedIn(results: string): Promise<string[]> {
  const names = new Set<string>();
  for await (const text of readResultTexts(results)) {
    const input = memberOf(text, "input");
    if (input) for (const { name } of membersOf(text, input.start)) names.add(name);
  }
  return [...names];
}

const FORMULA = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;
const NUMBER = /^[+-]?\d[\d.,]*$/;

function withoutFormulas(column: Column): Column {
  if (column.name === "custom_id") return column;
  const safe = (cell: Cell) =>
    typeof cell === "string" && FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell;
  return { ...column, cell: (row) => safe(column.cell(row)) };
}
