/** CSV, one way for the outputs of a job and for the command. */
import { stringify } from "csv-stringify/sync";
import type { Cell } from "./columns.ts";

/**
 * Rows as CSV (RFC 4180, with `\n`). Every text is as it is: a key that was changed for a spreadsheet would join to
 * nothing. Lone carriage returns are quoted, too: pandas would end a row at one.
 */
export function csvRows(rows: readonly (readonly Cell[])[]): string {
  const texts = rows.map((row) =>
    row.map((cell) => (Array.isArray(cell) ? JSON.stringify(cell) : cell === null ? null : String(cell))),
  );
  return stringify(texts, { quoted_match: /[\r\n]/ });
}
