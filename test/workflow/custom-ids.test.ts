/** A `custom_id` comes back as it was, whatever it looks like. */
import { expect, test } from "vitest";
import { itemLine, jobAt, PROVIDERS, startWorld } from "../harness/harness.ts";

const world = await startWorld();

const IDS = [
  "plain",
  "with spaces  and\ttabs",
  "two\nlines\r\n",
  "ключ 日本語 😀 é e\u0301",
  "\u2028\u2029\u0085",
  '"quoted" \\ back\\slash',
  "__proto__",
  "constructor",
  "x".repeat(10_000),
  "0",
  "null",
  " ",
  "\u0000\u001f\u007f",
  "\ud800",
  "\ud801",
  "\ufffd",
  '{"line":1}',
  "../../etc/passwd",
];

test.for(PROVIDERS)("%s: every kind of custom_id", async (provider) => {
  await world.sandbox();
  world.limits({ [provider]: { max_requests: 7 } });
  const lines = IDS.map((id, at) => itemLine(id, `Question ${at + 1}`));
  const run = await world.run(lines, { job: jobAt(provider) });
  expect(run.results.map(({ custom_id }) => custom_id)).toEqual(IDS);
  expect(run.results.map(({ error }) => error)).toEqual(IDS.map(() => null));
  for (const { line, response } of run.results)
    expect(response?.content).toContain(`About "Question ${line}"`);
});

test("ids that differ in escapes only are one id", async () => {
  await world.sandbox();
  const lines = ['{"custom_id":"a\\u0062","user_message":"one"}', '{"custom_id":"ab","user_message":"two"}'];
  const run = await world.run(lines, { job: jobAt("openai") });
  expect(run.results.map(({ status, error }) => [status, error])).toEqual([
    ["succeeded", null],
    ["invalid", "line 2: custom_id: already used on line 1"],
  ]);
});
