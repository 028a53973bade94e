import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { expect, onTestFinished, test } from "vitest";
import { answerSummary } from "../../../../cli/output/answer-text.ts";
import { writeTable } from "../../../../cli/results/table-file.ts";
import { type BatchResult, JobSpec, type LLMResponse } from "../../../../shared/models.ts";

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
  ...{ line, custom_id, input: { note: line % 2 ? "-7.5" : "=A1" } },
  ...{ status: answer ? "succeeded" : "failed", response: answer, error, raw: null },
});
const spec = (more = {}) => JobSpec.parse({ provider: "openai", model: "gpt-4.1-mini", ...more });

/** The path of a table of results. */
async function tableOf(results: BatchResult[], format: "csv" | "parquet", settings = spec(), safe = false) {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-table-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, "results.jsonl"), results.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const path = join(dir, `results.${format}`);
  await writeTable(join(dir, "results.jsonl"), settings, format, path, safe);
  return path;
}

async function csvOf(results: BatchResult[], settings = spec(), safe = false): Promise<string[]> {
  return readFileSync(await tableOf(results, "csv", settings, safe), "utf8")
    .trimEnd()
    .split("\n");
}

const KEYS = ["@angular/core", "=1+1", "-7", "+41 44", "plain"];
const ROWS = KEYS.map((key, index) => result(index + 1, key, response("=HYPERLINK(1)")));

test("keys, columns and answers come out as they went in", async () => {
  const [head, ...rows] = await csvOf(ROWS);
  expect(head).toBe(
    "line,custom_id,note,status,error,content,finish_reason,prompt_tokens,completion_tokens,total_tokens,cost_usd",
  );
  expect(rows.map((row) => row.split(",")[1])).toEqual(KEYS);
  expect(rows[0]).toBe("1,@angular/core,-7.5,succeeded,,=HYPERLINK(1),stop,1,2,3,0.0000018");
});

test("for a spreadsheet no text is a formula; keys and numbers still do not change", async () => {
  const rows = (await csvOf([...ROWS, result(6, "f", null, "@error")], spec(), true)).slice(1);
  expect(rows.slice(0, 5).map((row) => row.split(",")[1])).toEqual(KEYS);
  expect(rows[0]).toContain(",-7.5,succeeded,,'=HYPERLINK(1),");
  expect(rows[1]).toContain(",'=A1,succeeded,");
  expect(rows[5]).toContain(",'@error,");
});

test("an embedding is its whole vector, and for a person how long that is", async () => {
  const settings = spec({ endpoint: "/v1/embeddings" });
  const rows = [result(1, "a", response("", [[0.5, -1]]))];
  expect((await csvOf(rows, settings))[1]).toContain('succeeded,,"[0.5,-1]",stop,');
  const file = await asyncBufferFromFile(await tableOf(rows, "parquet", settings));
  expect(await parquetReadObjects({ file })).toMatchObject([{ embedding: [0.5, -1] }]);
  expect(answerSummary(response("", [[0.5, -1]]))).toBe("vector of 2 numbers");
  expect(answerSummary(response("", [[1], [2]]))).toBe("2 vectors, each of 1 numbers");
  expect(answerSummary(response("[[1]]", [[1]]))).toBe("[[1]]");
});
