/** Results as a table for a spreadsheet. */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { stringify } from "csv-stringify";
import { answerText } from "./answer-text.ts";
import { readResults } from "./read-results.ts";

/** The columns, and where each is in a result. */
const COLUMNS = [
  "line",
  "custom_id",
  "status",
  "content",
  "error",
  "finish_reason",
  "prompt_tokens",
  "completion_tokens",
  "total_tokens",
] as const;

/**
 * Writes a file of results as CSV, as a stream. Every text is as it is, so that the table can be joined to others.
 * @param spreadsheetSafe puts a `'` before answers and errors that a spreadsheet would take for a formula (they begin
 * with `=`, `+`, `-`, `@`, a tab or a carriage return); never before a key
 */
export async function writeCsv(results: string, path: string, spreadsheetSafe: boolean): Promise<void> {
  await pipeline(
    Readable.from(rows(results, spreadsheetSafe ? withoutFormula : (text) => text)),
    stringify({ header: true, columns: [...COLUMNS] }),
    createWriteStream(path, { mode: 0o600 }),
  );
}

const withoutFormula = (text: string) =>
  /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text;

async function* rows(
  file: string,
  shown: (text: string) => string,
): AsyncGenerator<Record<(typeof COLUMNS)[number], unknown>> {
  for await (const { line, custom_id, status, error, response } of readResults(file)) {
    const { prompt_tokens, completion_tokens, total_tokens } = response?.usage ?? {};
    const content = response ? shown(answerText(response)) : undefined;
    yield {
      ...{ line, custom_id, status, content, error: error && shown(error) },
      finish_reason: response?.finish_reason,
      ...{ prompt_tokens, completion_tokens, total_tokens },
    };
  }
}
