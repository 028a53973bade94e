/**
 * Rows with their columns below each other, without rules, for people and for `grep`. The library cli-table3 takes half a second
 * for a thousand rows.
 * @param isNumber whether a column is aligned to the right
 */
export function alignedColumns(rows: string[][], isNumber: (column: number) => boolean): string[] {
  const widths = (rows[0] ?? []).map((_, at) =>
    rows.reduce((most, cells) => Math.max(most, cells[at]?.length ?? 0), 0),
  );
  return rows.map((cells) =>
    cells
      .map((cell, at) => (isNumber(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}
