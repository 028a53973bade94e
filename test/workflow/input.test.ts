/** Inputs as people make them: packed, with marks and blanks, and with lines that are wrong. */
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { failedKey } from "../../shared/objects/keys.ts";
import { itemLine, itemLines, jobAt, PROVIDERS, startWorld } from "../harness/harness.ts";
import { objectBytes } from "../harness/local-data.ts";

const world = await startWorld();
const OPENAI = { job: jobAt("openai") };
const BOM = "\ufeff";

test("gzip, named so or not", async () => {
  await world.sandbox();
  const zipped = gzipSync(`${itemLines(3).join("\n")}\n`);
  for (const name of ["a.jsonl.gz", "b.jsonl"]) {
    const run = await world.run(zipped, { ...OPENAI, name });
    expect(run.results.map(({ custom_id, status }) => [custom_id, status])).toEqual([
      ["item-1", "succeeded"],
      ["item-2", "succeeded"],
      ["item-3", "succeeded"],
    ]);
  }
});

test("byte order mark, CRLF, blank lines, no newline at the end", async () => {
  await world.sandbox();
  const [one, two, three] = itemLines(3);
  const run = await world.run(`${BOM}${one}\r\n\r\n  \t\n${two}\r\n\n${three}`, OPENAI);
  expect(run.results.map(({ line, custom_id, error }) => [line, custom_id, error])).toEqual([
    [1, "item-1", null],
    [4, "item-2", null],
    [6, "item-3", null],
  ]);
  expect(run.record?.request_count).toBe(3);
});

/** Lines that cannot be sent, each with its error; they stand between valid ones. */
const WRONG: [line: string | Buffer, custom_id: string, error: string][] = [
  ["not json", "", "not valid JSON"],
  ['{"custom_id":"cut","user_mess', "", "not valid JSON at character 29"],
  ["[1,2]", "", "not a JSON object; each line is one object"],
  ["null", "", "not a JSON object; each line is one object"],
  [Buffer.from([0x22, 0xff, 0xfe, 0x22]), "", "not valid UTF-8"],
  ['{"user_message":"hi"}', "", "custom_id: missing"],
  ['{"custom_id":[7],"user_message":"hi"}', "", "custom_id: must be a string of 1 or more characters"],
  ['{"custom_id":"","user_message":"hi"}', "", "custom_id: must be a string of 1 or more characters"],
  [itemLine("item-1", "again"), "item-1", "custom_id: already used on line 1"],
  [itemLine("empty", ""), "empty", "user_message:"],
  [itemLine("hot", "hi", { temperature: 2.5 }), "hot", "temperature:"],
  [itemLine("none", "hi", { max_tokens: 0 }), "none", "max_tokens:"],
  [itemLine("typo", "hi", { max_token: 5 }), "typo", 'unknown field "max_token"; did you mean max_tokens?'],
  [itemLine("both", "hi", { messages: [{ role: "user", content: "x" }] }), "both", "user_message:"],
  ['{"custom_id":"neither"}', "neither", "user_message: give exactly one of user_message and messages"],
];

test.for(PROVIDERS)("%s: invalid lines become error results, and the job continues", async (provider) => {
  const sandbox = await world.sandbox();
  const good = itemLines(WRONG.length + 1).map((line) => Buffer.from(line));
  const all = good.flatMap((line, at) => [line, ...(WRONG[at] ? [Buffer.from(WRONG[at][0])] : [])]);
  const body = Buffer.concat(all.flatMap((line) => [line, Buffer.from("\n")]));
  const run = await world.run(body, { job: jobAt(provider) });
  expect(run.error).toBeUndefined();
  expect(run.results.map(({ line }) => line)).toEqual(all.map((_, at) => at + 1));
  expect(run.results.filter(({ line }) => line % 2 === 1).every(({ status }) => status === "succeeded")).toBe(
    true,
  );
  for (const [at, [, custom_id, error]] of WRONG.entries()) {
    const line = 2 * at + 2;
    const result = run.results[line - 1];
    expect(result).toMatchObject({ line, custom_id, status: "invalid", response: null, raw: null });
    expect(result?.error).toContain(`line ${line}: ${error}`);
  }
  expect(run.summary?.counts).toMatchObject({ succeeded: good.length, invalid: WRONG.length, failed: 0 });
  expect((await sandbox.stats())[provider].requests_accepted).toBe(good.length);
  // The lines that got no answer, byte for byte.
  const failed = Buffer.concat(WRONG.flatMap(([line]) => [Buffer.from(line), Buffer.from("\n")]));
  expect((await objectBytes(failedKey(run.job_id))).equals(failed)).toBe(true);
});

test("a batch may have nothing but invalid lines at its end, and before its start", async () => {
  await world.sandbox();
  world.limits({ openai: { max_requests: 2 } });
  const run = await world.run(["x", "x", ...itemLines(2), "x", ...itemLines(3).slice(2), "x"], OPENAI);
  expect(run.results.map(({ line, status }) => [line, status])).toEqual([
    [1, "invalid"],
    [2, "invalid"],
    [3, "succeeded"],
    [4, "succeeded"],
    [5, "invalid"],
    [6, "succeeded"],
    [7, "invalid"],
  ]);
});

test("on_invalid: fail names the lines, and sends nothing", async () => {
  const sandbox = await world.sandbox();
  const run = await world.run([...itemLines(2), "oops", "{}"], {
    job: jobAt("openai", { on_invalid: "fail" }),
  });
  expect(run.error).toContain("2 of 4 lines are not valid; nothing was sent:");
  expect(run.error).toContain("line 3: not valid JSON");
  expect(run.error).toContain("line 4: custom_id: missing");
  expect(run.record).toMatchObject({ status: "failed" });
  expect(run.results).toEqual([]);
  expect((await sandbox.stats()).openai.batches_created).toBe(0);
});

test("no valid line at all: the first ten problems, and nothing sent", async () => {
  const sandbox = await world.sandbox();
  const run = await world.run(
    Array.from({ length: 12 }, () => "oops"),
    OPENAI,
  );
  expect(run.error).toContain("12 of 12 lines are not valid");
  expect(run.error).toContain("line 10: ");
  expect(run.error).not.toContain("line 11: ");
  expect(run.error).toContain("and 2 more");
  expect(run.record?.error).toContain("12 of 12 lines are not valid");
  expect((await sandbox.stats()).openai.batches_created).toBe(0);
});

test.for([
  ["empty", "", "is empty; put one JSON object on each line, or give a table with rows"],
  ["blank", "\n \r\n\t\n", "has no item; put one JSON object on each line"],
  ["header only", `${JSON.stringify({ job: jobAt("openai") })}\n`, "has no item"],
  ["broken gzip", Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8]), "cannot be unzipped"],
] as const)("an input without items is a clear error: %s", async ([, body, error]) => {
  await world.sandbox();
  const run = await world.run(body, OPENAI);
  expect(run.error).toContain(error);
  expect(run.record?.status).toBe("failed");
});

test("no such object", async () => {
  await world.sandbox();
  const run = await world.runAgain("inbox/nowhere.jsonl", OPENAI);
  expect(run.error).toContain("there is no object inbox/nowhere.jsonl in the bucket");
});

test("a line of 21 MB is an invalid line, one of 5 MB is not", async () => {
  await world.sandbox();
  const long = (custom_id: string, megabytes: number) =>
    itemLine(custom_id, "x".repeat(megabytes * 1024 * 1024));
  const zipped = gzipSync([long("too long", 21), long("long", 5), ...itemLines(1)].join("\n"), { level: 1 });
  const run = await world.run(zipped, OPENAI);
  expect(run.results.map(({ line, custom_id, status }) => [line, custom_id, status])).toEqual([
    [1, "", "invalid"],
    [2, "long", "succeeded"],
    [3, "item-1", "succeeded"],
  ]);
  expect(run.results[0]?.error).toMatch(/^line 1: \d+ bytes long; a line has at most 20971520$/);
});
