import { expect, test } from "vitest";
import { objectName } from "../../../local/inbox.ts";

test.each([
  ["/tmp/data.jsonl", "data.jsonl"],
  ["data.jsonl.gz", "data.jsonl.gz"],
  ["data.json", "data.jsonl"],
  ["my data (1).txt", "my-data-1.jsonl"],
  ["v1.2.jsonl", "v1-2.jsonl"],
  ["日本.jsonl", "items.jsonl"],
  [".jsonl", "items.jsonl"],
  ["../..", "items.jsonl"],
  [`${"x".repeat(250)}.jsonl`, `${"x".repeat(80)}.jsonl`],
])("%s is %s in the inbox", (file, name) => {
  expect(objectName(file)).toBe(name);
});
