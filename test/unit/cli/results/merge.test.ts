import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { mergeRetry } from "../../../../cli/retry/merge.ts";

const answer = (content: string, raw = "{}") =>
  `"status":"succeeded","response":{"content":"${content}","raw":${raw}},"error":null,"raw":{}}`;
const failure = '"status":"failed","response":null,"error":"HTTP 500","raw":null}';

function folder() {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-merge-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = (name: string, lines: string[]) => {
    writeFileSync(join(dir, name), lines.map((line) => `${line}\n`).join(""));
    return join(dir, name);
  };
  return { dir, file };
}

test("answers go into their places with their digits, lines and columns; what has none stays, in order", async () => {
  const { dir, file } = folder();
  const kept = `{"line":2,"custom_id":"a",${answer("kept", '{"n":12345678901234567890}')}`;
  const results = file("results.jsonl", [
    kept,
    `{"line":3,"custom_id":"b","input":{"id":12345678901234567890},${failure}`,
    `{"line":4,"custom_id":"","status":"invalid","response":null,"error":"line 4: not valid JSON","raw":null}`,
    `{"line":5,"custom_id":"c",${failure}`,
    `{"line":6,"custom_id":"d",${failure}`,
  ]);
  const failed = file("failed.jsonl", [
    '{"job":{"model":"m"}}',
    '{"custom_id":"b"}',
    "not json",
    '{"custom_id":"c"}',
    '{"custom_id":"d"}',
  ]);
  const retried = file("retry.jsonl", [
    `{"line":2,"custom_id":"b",${answer("new", '{"n":98765432109876543210}')}`,
    `{"line":4,"custom_id":"c",${failure}`,
    `{"line":5,"custom_id":"d",${answer("too")}`,
  ]);
  const out = { results: join(dir, "results-2.jsonl"), failed: join(dir, "failed-2.jsonl") };
  const merged = await mergeRetry({ results, failed, retried, out, ofFailed: true, unanswered: 4 });
  expect(merged).toEqual({
    counts: { succeeded: 3, failed: 1, invalid: 1, expired: 0, cancelled: 0 },
    placed: 2,
  });
  const rows = readFileSync(out.results, "utf8").trimEnd().split("\n");
  expect(rows[0]).toBe(kept);
  expect(rows[1]).toBe(
    `{"line":3,"custom_id":"b","input":{"id":12345678901234567890},${answer("new", '{"n":98765432109876543210}')}`,
  );
  expect(rows.map((row) => JSON.parse(row).line)).toEqual([2, 3, 4, 5, 6]);
  expect(readFileSync(out.failed, "utf8")).toBe('not json\n{"custom_id":"c"}\n');

  // The same input again, as a whole: its answers go into the same places, and none in place of an answer.
  const whole = file("whole.jsonl", [
    `{"line":2,"custom_id":"a",${answer("other")}`,
    `{"line":3,"custom_id":"b",${answer("new")}`,
    `{"line":4,"custom_id":"","status":"invalid","response":null,"error":"line 4: not valid JSON","raw":null}`,
    `{"line":5,"custom_id":"c",${answer("late")}`,
    `{"line":6,"custom_id":"d",${failure}`,
  ]);
  expect(
    await mergeRetry({ results, failed, retried: whole, out, ofFailed: false, unanswered: 4 }),
  ).toMatchObject({
    placed: 2,
  });
  const contents = readFileSync(out.results, "utf8").match(/"content":"\w+"/g);
  expect(contents).toEqual(['"content":"kept"', '"content":"new"', '"content":"late"']);
  expect(readFileSync(out.failed, "utf8")).toBe('not json\n{"custom_id":"d"}\n');
});

// The rows behind it took each other's input: one that was answered was asked again, and one without an answer never.
test("a table's row that could not be read as one has no line among the failed", async () => {
  const { dir, file } = folder();
  const results = file("results.jsonl", [
    `{"line":1,"custom_id":"","status":"invalid","response":null,"error":"row 1: has 3 fields, and the header 2","raw":null}`,
    ...["a", "b", "c"].map((id, at) => `{"line":${at + 2},"custom_id":"${id}",${failure}`),
  ]);
  const failed = file("failed.jsonl", ['{"id":"a"}', '{"id":"b"}', '{"id":"c"}']);
  const retried = file("retry.jsonl", [`{"line":1,"custom_id":"a",${answer("new")}`]);
  const out = { results: join(dir, "results-2.jsonl"), failed: join(dir, "failed-2.jsonl") };
  expect(await mergeRetry({ results, failed, retried, out, ofFailed: true, unanswered: 4 })).toMatchObject({
    placed: 1,
  });
  expect(readFileSync(out.failed, "utf8")).toBe('{"id":"b"}\n{"id":"c"}\n');
});

// The answer came into the place of the first, and the second was asked again.
test("of rows with one id, an answer goes to the one that was asked", async () => {
  const { dir, file } = folder();
  const results = file("results.jsonl", [
    `{"line":1,"custom_id":"a","status":"invalid","response":null,"error":"line 1: no message","raw":null}`,
    `{"line":2,"custom_id":"a",${failure}`,
  ]);
  const failed = file("failed.jsonl", ['{"custom_id":"a"}', '{"custom_id":"a","user_message":"x"}']);
  const retried = file("retry.jsonl", [`{"line":2,"custom_id":"a",${answer("new")}`]);
  const out = { results: join(dir, "results-2.jsonl"), failed: join(dir, "failed-2.jsonl") };
  const merge = { results, failed, retried, out, unanswered: 2 };
  expect(await mergeRetry({ ...merge, ofFailed: true })).toMatchObject({ placed: 1 });
  expect(readFileSync(out.failed, "utf8")).toBe('{"custom_id":"a"}\n');
  expect(readFileSync(out.results, "utf8").split("\n")[1]).toBe(`{"line":2,"custom_id":"a",${answer("new")}`);
});
