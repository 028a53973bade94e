import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { digestResults, family } from "../../../cli/output/result-digest.ts";

function resultsFile(rows: object[]): string {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-digest-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const file = join(dir, "results.jsonl");
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return file;
}

const failed = (line: number, error: string) => ({
  line,
  custom_id: `${line}`,
  status: "failed",
  response: null,
  error,
});
const answered = (line: number, content: string) => ({
  line,
  custom_id: `${line}`,
  status: "succeeded",
  response: { content },
  error: null,
});

test("the first three answers, wherever they are, and errors by how often they came", async () => {
  const rows = [
    failed(1, "b"),
    answered(2, "two"),
    failed(3, "a"),
    failed(4, "b"),
    answered(5, "fi\u2028ve"),
  ];
  expect(await digestResults(resultsFile([...rows, answered(6, "six"), answered(7, "seven")]))).toEqual({
    samples: [
      { custom_id: "2", content: "two" },
      { custom_id: "5", content: "fi\u2028ve" },
      { custom_id: "6", content: "six" },
    ],
    errors: [
      { error: "b", count: 2 },
      { error: "a", count: 1 },
    ],
  });
});

test("a thousand different errors at most are distinguished", async () => {
  const rows = Array.from({ length: 3000 }, (_, index) => failed(index + 1, `error ${"x".repeat(index)}`));
  const { errors } = await digestResults(resultsFile(rows));
  expect(errors).toHaveLength(5);
  expect(errors[0]).toEqual({ error: "other errors", count: 2000 });
});

test.each([
  ["line 17: not valid JSON at character 4", "not valid JSON at character N"],
  ["line 3: custom_id: already used on line 1", "custom_id: already used on line N"],
  ["line 9: 30000044 bytes long; a line has at most 20971520", "N bytes long; a line has at most 20971520"],
  ["HTTP 429: too many requests", "HTTP 429: too many requests"],
])("%s is one of its kind", (error, kind) => {
  expect(family(error)).toBe(kind);
});
