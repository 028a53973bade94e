import { expect, test } from "vitest";
import { columnText } from "../../../../shared/streams/parquet-values.ts";

test("a date that no Date can hold is written as what is stored: DuckDB writes infinity so", () => {
  const column = columnText({ name: "day", type: "INT32", converted_type: "DATE" });
  if ("problem" in column) throw new Error(column.problem);
  const days = [0, 19_782, -719_162, 2_932_897, 2 ** 31 - 1];
  expect(days.map(column.toText)).toEqual([
    "1970-01-01",
    "2024-02-29",
    "0001-01-01",
    "+010000-01-01",
    "2147483647",
  ]);
});

test("a decimal of a million digits is no column", () => {
  expect(columnText({ name: "a", type: "INT32", converted_type: "DECIMAL", scale: 2 ** 30 })).toEqual({
    problem: "is a decimal of scale 1073741824",
  });
});
