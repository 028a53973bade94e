import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { answerSummary } from "../../../../cli/results/answer-text.ts";
import { writeCsv } from "../../../../cli/results/csv.ts";
import type { BatchResult, LLMResponse } from "../../../../shared/models.ts";

const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
const response = (content: string, parsed: unknown[] | null = null): LLMResponse => ({
  ...{ content, parsed, usage, raw: {}, thinking: null, tool_calls: [], finish_reason: "stop" },
});
const result = (
  line: number,
  custom_id: string,
  answer: LLMResponse | null,
  error: string | null = null,
): BatchResult => ({
  ...{ line, custom_id, status: answer ? "succeeded" : "failed", response: answer, error, raw: null },
});

/** The rows of results as CSV, without the header. */
async function csvOf(results: BatchResult[], safe = false): Promise<string[]> {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-csv-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, "results.jsonl"), results.map((row) => `${JSON.stringify(row)}\n`).join(""));
  await writeCsv(join(dir, "results.jsonl"), join(dir, "results.csv"), safe);
  return readFileSync(join(dir, "results.csv"), "utf8").trimEnd().split("\n").slice(1);
}

const KEYS = ["@angular/core", "=1+1", "-7", "+41 44", "plain"];
const ROWS = KEYS.map((key, index) => result(index + 1, key, response("=HYPERLINK(1)")));

test("keys and answers come out as they went in", async () => {
  const rows = await csvOf(ROWS);
  expect(rows.map((row) => row.split(",")[1])).toEqual(KEYS);
  expect(rows[0]).toBe("1,@angular/core,succeeded,=HYPERLINK(1),,stop,1,2,3");
});

test("for a spreadsheet answers and errors are no formulas, and keys still do not change", async () => {
  const rows = await csvOf([...ROWS, result(6, "f", null, "@error")], true);
  expect(rows.slice(0, 5).map((row) => row.split(",")[1])).toEqual(KEYS);
  expect(rows[0]).toContain(",'=HYPERLINK(1),");
  expect(rows[5]).toContain(",'@error,");
});

test("an embedding is its vector, and for a person how long that is", async () => {
  const rows = await csvOf([result(1, "a", response("", [[0.5, -1]]))]);
  expect(rows).toEqual(['1,a,succeeded,"[0.5,-1]",,stop,1,2,3']);
  expect(answerSummary(response("", [[0.5, -1]]))).toBe("vector of 2 numbers");
  expect(answerSummary(response("", [[1], [2]]))).toBe("2 vectors, each of 1 numbers");
  expect(answerSummary(response("[[1]]", [[1]]))).toBe("[[1]]");
});
