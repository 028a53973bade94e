/** Tables of any size, put into the bench's S3. */
import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileWriter, ParquetWriter } from "hyparquet-writer";
import { itemTexts, putChunks } from "../input.ts";

export type TableFormat = "csv" | "parquet";

/** Rows of a row group: most writers make larger ones. */
const GROUP_ROWS = 100_000;
const LANGUAGES = ["de", "en", "fr", "zh"];

/** A row: an id, a text, and two short columns beside them. */
type Row = { id: string; text: string; lang: string; score: number };

function* tableRows(count: number, rowBytes: number): Generator<Row> {
  let n = 0;
  for (const { id, text } of itemTexts(count, rowBytes)) {
    n++;
    yield { id, text, lang: LANGUAGES[n % LANGUAGES.length] as string, score: (n % 997) / 8 };
  }
}

function* csvChunks(rows: Iterable<Row>): Generator<Buffer> {
  let lines = ["id,text,lang,score"];
  // Half of the texts are quoted, as those with a comma are in a real table.
  for (const { id, text, lang, score } of rows) {
    lines.push(`${id},${lines.length % 2 === 0 ? `"${text}, ""so"""` : text},${lang},${score}`);
    if (lines.length < 256) continue;
    yield Buffer.from(`${lines.join("\n")}\n`);
    lines = [];
  }
  yield Buffer.from(lines.map((line) => `${line}\n`).join(""));
}

function writeParquet(path: string, rows: Iterable<Row>): void {
  const schema = [
    { name: "root", num_children: 4 },
    { name: "id", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
    { name: "text", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
    { name: "lang", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
    { name: "score", type: "DOUBLE", repetition_type: "OPTIONAL" },
  ] as const;
  const writer = new ParquetWriter({ writer: fileWriter(path), schema: [...schema] });
  let group: Row[] = [];
  const flush = () => {
    const names = ["id", "text", "lang", "score"] as const;
    const columnData = names.map((name) => ({ name, data: group.map((row) => row[name]) }));
    if (group.length > 0) writer.write({ columnData, rowGroupSize: GROUP_ROWS });
    group = [];
  };
  for (const row of rows) if (group.push(row) === GROUP_ROWS) flush();
  flush();
  writer.finish();
}

/** Uploads a table of rows of about `rowBytes` bytes each as `key`. @returns its bytes */
export async function putTable(
  s3: string,
  key: string,
  format: TableFormat,
  count: number,
  rowBytes: number,
): Promise<number> {
  const rows = tableRows(count, rowBytes);
  if (format === "csv") return putChunks(s3, key, {}, csvChunks(rows));
  const dir = mkdtempSync(join(tmpdir(), "nightshift-table-"));
  try {
    const path = join(dir, "table.parquet");
    writeParquet(path, rows);
    return await putChunks(s3, key, {}, createReadStream(path));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
