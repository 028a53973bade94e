import { expect, test } from "vitest";
import { objectName } from "../../../../cli/input/inbox.ts";

test.each([
  ["/tmp/data.jsonl", "data"],
  ["data.jsonl.gz", "data"],
  ["data.json", "data"],
  ["my data (1).txt", "my-data-1"],
  ["v1.2.jsonl", "v1-2"],
  ["日本.jsonl", "items"],
  [".jsonl", "items"],
  ["../..", "items"],
  [`${"x".repeat(250)}.jsonl`, "x".repeat(80)],
])("%s is %s in the inbox", (file, name) => {
  expect(objectName(file)).toBe(name);
});
