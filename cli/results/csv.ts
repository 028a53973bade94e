/** Results as a table for a spreadsheet. */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { stringify } from "csv-stringify";
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
 * Writes a file of results as CSV, as a stream. A text that a spreadsheet would take for a formula (it begins with
 * `=`, `+`, `-`, `@`, a tab or a carriage return) gets a `'` before it: answers are not to be run.
 */
export async function writeCsv(results: string, path: string): Promise<void> {
  await pipeline(
    Readable.from(rows(results)),
    stringify({ header: true, columns: [...COLUMNS], escape_formulas: true }),
    createWriteStream(path, { mode: 0o600 }),
  );
}

async function* rows(file: string): AsyncGenerator<Record<(typeof COLUMNS)[number], unknown>> {
  for await (const { line, custom_id, status, error, response } of readResults(file)) {
    const { prompt_tokens, completion_tokens, total_tokens } = response?.usage ?? {};
    const { content, finish_reason } = response ?? {};
    yield {
      ...{ line, custom_id, status, content, error, finish_reason },
      ...{ prompt_tokens, completion_tokens, total_tokens },
    };
  }
}
