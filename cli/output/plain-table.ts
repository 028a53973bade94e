import Table from "cli-table3";

/** Rows as a table for people: the first column to the left, the others to the right. */
export function plainTable(rows: string[][]): string {
  const columns = Math.max(...rows.map(({ length }) => length));
  const table = new Table({
    // Without the colours that cli-table3 gives by itself, and without a rule below every row.
    style: { head: [], border: [] },
    chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
    colAligns: Array.from({ length: columns }, (_, at) => (at === 0 ? "left" : "right")),
  });
  table.push(...rows);
  return table.toString();
}
