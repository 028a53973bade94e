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
  [[6, "a\tb", undefined, '{"id":12345678901234567890,"price":1.0,"a":"\\t"}']],
  [[7, "", "row 7: no", '{"tabs":\t1\t}']],
  [[8, "asked", undefined, undefined, "What\tis\n8?"]],
  [[9, "both", undefined, '{"tabs":\t1\t}', "a\tb"]],
])("an entry is one line, and comes back as it was: %#", (entry) => {
  const line = formatEntry(entry);
  expect(line.indexOf("\n")).toBe(line.length - 1);
  const [number, custom_id, error, input, prompt] = entry;
  expect(parseEntry(Buffer.from(line.slice(0, -1)))).toEqual([number, custom_id, error, input, prompt]);
});

test("a result without an answer carries the columns as they are", () => {
  expect(unanswered([7, "seven"], "expired", "too late")).toBe(
    '{"line":7,"custom_id":"seven","status":"expired","response":null,"error":"too late","raw":null}',
  );
  expect(unanswered([7, "seven", undefined, '{"id":12345678901234567890}'], "failed", "no")).toBe(
    '{"line":7,"custom_id":"seven","input":{"id":12345678901234567890},"status":"failed","response":null,"error":"no","raw":null}',
  );
});
