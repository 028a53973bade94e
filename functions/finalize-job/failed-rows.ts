/** `failed.jsonl` of a table: its rows without an answer as JSON lines, to be asked again with the same settings. */
import { onOneLine } from "../../shared/json/source.ts";
import { isObject, type Json } from "../../shared/json/values.ts";
import { isTemplate, type JobSpec } from "../../shared/models.ts";
import { parseLine } from "../../shared/streams/jsonl.ts";
import type { InputRow } from "../../shared/streams/reader.ts";
import { CellTexts, ID_COLUMNS } from "../../shared/streams/row-texts.ts";
import type { FailedCursor } from "./failed-cursor.ts";
import { type Copying, FailedPart, PART_BYTES, unansweredLines } from "./failed-lines.ts";

/** Rows of Parquet that are read between two positions at which a run may stop; of text, `PART_BYTES`. */
const PART_ROWS = 1_000_000;

/** Writes the rows named in the lists, from where the cursor is, which moves along. */
export async function copyFailedRows(copying: Copying, cursor: FailedCursor): Promise<void> {
  const { reader, unanswered, isLate, file } = copying;
  const isParquet = reader.kind.shape === "parquet";
  const partSize = isParquet ? PART_ROWS : PART_BYTES;
  const columns = reader.columns?.filter(({ problem }) => problem === undefined) ?? [];
  const hasId = file.spec.id !== undefined || columns.some(({ name }) => ID_COLUMNS.includes(name));
  const cells = new CellTexts(columns);
  const wanted = unansweredLines(unanswered);
  let next = (await wanted.next()).value ?? Number.POSITIVE_INFINITY;
  while (next < cursor.number) next = (await wanted.next()).value ?? Number.POSITIVE_INFINITY;
  let part = new FailedPart(copying, cursor);
  const from = { number: cursor.number - 1, start: cursor.start };
  try {
    reading: for await (const rows of reader.rows(from)) {
      for (const row of rows) {
        if (next === Number.POSITIVE_INFINITY) break reading;
        if (row.start - cursor.start >= partSize) {
          await part.end(row.start, { number: row.number, endsOpen: false });
          if (isLate()) return;
          part = new FailedPart(copying, cursor);
        }
        if (row.number === file.header && row.bytes) await part.writer.write(`${row.bytes}\n`);
        if (row.number !== next) continue;
        const json = rowJson(row, file.spec, cells, hasId);
        if (json !== undefined) await part.writer.write(`${json}\n`);
        next = (await wanted.next()).value ?? Number.POSITIVE_INFINITY;
      }
    }
    await part.end(cursor.start, { number: cursor.number, endsOpen: false });
  } catch (error) {
    await part.writer.abort();
    throw error;
  }
  cursor.complete = true;
}

/** A row as one line of JSON; undefined for one that could not be read as a row. */
function rowJson(row: InputRow, spec: JobSpec, cells: CellTexts, hasId: boolean): string | undefined {
  if (row.bytes) return objectJson(row.bytes, row.number, spec);
  if (row.tooLong || !row.cells) return undefined;
  cells.cells = row.cells;
  const json = String(cells.carried() ?? "{}");
  return hasId ? json : numbered(json, row.number);
}

/** The same of a row that is JSON; without a template, its lines are items, and none is changed. */
function objectJson(bytes: Buffer, number: number, spec: JobSpec): string | undefined {
  const json = onOneLine(bytes.toString("utf8")).trim();
  if (!isTemplate(spec)) return json;
  const object = objectIn(bytes);
  if (!object) return undefined;
  const hasId = spec.id !== undefined || ID_COLUMNS.some((name) => Object.hasOwn(object, name));
  return hasId ? json : numbered(json, number);
}

function objectIn(bytes: Buffer): Json | null {
  try {
    const { value } = parseLine(bytes);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** The row's number was its id; in another file it would have another. */
function numbered(json: string, number: number): string {
  return json.replace(/^\{\s*(\})?/, (_, end) => `{"custom_id":"${number}"${end ?? ","}`);
}
