import { expect, test } from "vitest";
import {
  formatEntry,
  type IndexEntry,
  parseEntry,
  unanswered,
} from "../../../../shared/objects/index-line.ts";

test.each<[IndexEntry]>([
  [[1, "plain"]],
  [[2, 'with\nlines\u2028\u2029 and "quotes" \\']],
  [[3, "\ud800 alone"]],
  [[4, "", "line 4: not valid JSON"]],
  [[5, "x".repeat(10_000), ""]],
])("an entry is one line, and comes back as it was: %#", (entry) => {
  const line = formatEntry(entry);
  expect(line.indexOf("\n")).toBe(line.length - 1);
  expect(parseEntry(Buffer.from(line.slice(0, -1)))).toEqual(entry);
});

test("a result without an answer", () => {
  expect(unanswered([7, "seven"], "expired", "too late")).toEqual({
    line: 7,
    custom_id: "seven",
    status: "expired",
    response: null,
    error: "too late",
    raw: null,
  });
});
