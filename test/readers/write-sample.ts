/** Writes a table of results as CSV and as Parquet into a folder, for the readers to read: see run.sh. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { JobSpec } from "../../shared/models.ts";
import { columnsOf, RowText } from "../../shared/table/columns.ts";
import { costColumn } from "../../shared/table/cost-column.ts";
import { FORMATS } from "../../shared/table/table-format.ts";

const [dir = "."] = process.argv.slice(2);
const ROWS = 3_000;
const spec = JobSpec.parse({
  provider: "openai",
  model: "gpt-4.1-mini",
  schema: {
    type: "object",
    properties: {
      label: { enum: ["good", "bad"] },
      id: { type: "integer" },
      score: { type: ["number", "null"] },
      sure: { type: "boolean" },
      tags: { type: "array", items: { type: "string" } },
    },
  },
});

/** A line of results: every third failed, every value of its own. */
function rowOf(line: number): string {
  const input = {
    sku: `00${line}`,
    note: line % 2 ? 'a "quoted", text\r\nof two lines' : "Ünïcode \u2028 =1+1",
  };
  const parsed = `{"label":"${line % 2 ? "good" : "bad"}","id":${9007199254740993n + BigInt(line)},"score":${line % 5 ? line / 4 : null},"sure":${line % 2 === 0},"tags":["a","b ${line}"]}`;
  const usage = `{"prompt_tokens":${line},"completion_tokens":2,"total_tokens":${line + 2}}`;
  const response =
    line % 3 === 0
      ? "null"
      : `{"content":${JSON.stringify(parsed)},"parsed":${parsed},"finish_reason":"stop","usage":${usage}}`;
  const status = line % 3 === 0 ? "failed" : "succeeded";
  return `{"line":${line},"custom_id":"@scope/${line}","input":${JSON.stringify(input)},"status":"${status}","response":${response},"error":${line % 3 === 0 ? '"HTTP 400: no"' : null}}`;
}

const columns = columnsOf(spec, ["sku", "note"], costColumn(spec));
const rows = Array.from({ length: ROWS }, (_, place) => {
  const row = new RowText(rowOf(place + 1));
  return columns.map(({ cell }) => cell(row));
});
// In three parts, as several runs of a Lambda write them.
for (const format of ["csv", "parquet"] as const) {
  const { open, part, close } = FORMATS[format];
  const pieces = [open(columns)];
  const ends = [];
  for (let from = 0; from < ROWS; from += 1_000) {
    const writer = part(columns);
    for (let at = from; at < from + 1_000; at += 500)
      pieces.push(await writer.rows(rows.slice(at, at + 500)));
    ends.push(await writer.end());
  }
  pieces.push(await close(columns, ends));
  writeFileSync(join(dir, `results.${format}`), Buffer.concat(pieces));
}
