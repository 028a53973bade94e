/** Input and providers that are not as they should be: a clear message, the right exit code, and nothing lost. */
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { item, Place } from "../harness/command.ts";

test.each([
  ["an empty file", "", "input is empty"],
  ["pretty-printed JSON", '{\n  "custom_id": "a",\n  "user_message": "x"\n}\n', "is JSON over several lines"],
  ["an Excel workbook", "PK\x03\x04[Content_Types].xml", "input is an Excel workbook"],
  ["plain text", "Dear model\nhello there\n", "input is text, and neither JSON lines nor a table"],
  [
    "a CSV without a prompt",
    "id,text\n1,hello\n",
    'input is a table: say what to ask of each row with prompt (--prompt "… {{column}} …"); its columns are id, text',
  ],
  ["a binary", Buffer.concat([Buffer.from([1, 0, 2, 3]), randomBytes(50_000)]), "input is a binary file"],
  ["what only begins as gzip", Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7]), "cannot be unzipped"],
])("%s is refused, and leaves no job", async (_, content, message) => {
  const place = new Place();
  place.env = { OPENAI_API_KEY: "test-key" };
  const { code, stdout, stderr } = await place.openai(place.file("input", content));
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(message);
  expect(readdirSync(place.dir)).toEqual(["input"]);
});

test("what is wrong behind the beginning fails the job before anything is sent", async () => {
  const place = new Place();
  const provider = await place.provider();
  const { code, stderr } = await place.openai(place.file("a.csv", "id,text\n"), "--prompt", "{{text}}");
  expect(code).toBe(1);
  expect(stderr).toContain("a.csv has no rows");
  expect((await place.run(["list"])).stdout).toMatch(/^a-csv-\w+ +failed/m);
  expect((await provider.stats()).openai.batches_created).toBe(0);
});

// Each of its rows was refused, and a failed job was left.
test("a blank prompt is refused, and leaves no job; beside a picture it is none", async () => {
  const place = new Place();
  const provider = await place.provider();
  const table = place.file("a.csv", "id,url\n1,https://example.org/a.png\n");
  const { code, stderr } = await place.openai(table, "--prompt", " ");
  expect(code).toBe(2);
  expect(stderr).toContain("prompt: is blank; say what to ask of each row");
  expect(readdirSync(place.dir)).toEqual(["a.csv"]);
  expect((await place.openai(table, "--prompt", " ", "--image", "url")).code).toBe(0);
  expect((await provider.stats()).openai.batches_created).toBe(1);
});

const MODEL = { model: "gpt-4.1-mini" };

test.each([
  [
    "an unknown provider",
    [{ job: { provider: "openia", model: "m" } }],
    [],
    'provider "openia" (from line 1)',
  ],
  ["a misspelt model", [{ job: { modle: "m" } }], [], "no model: line 1 has modle; did you mean model?"],
  [
    "a misspelt setting",
    [{ job: { ...MODEL, max_round: 1 } }],
    [],
    "max_round (from line 1): unknown setting; did you mean max_rounds?",
  ],
  [
    "a recipe's name",
    [{ job: { ...MODEL, recipe: "tickets" } }],
    [],
    "recipe (from line 1): only a stack stores recipes; here give the file of one with --recipe",
  ],
  ["settings without their frame", [MODEL], [], 'in a first line, settings stand in {"job": {"model": …}}'],
  ["an id without a prompt", [{ job: MODEL }], ["--id", "sku"], "id is for a table"],
])("%s in the first line is refused, and leaves no job", async (_, first, flags, message) => {
  const place = new Place();
  const file = place.file("a.jsonl", [...first, item("a")]);
  const provider = message.includes("openia") ? [] : ["--provider", "openai"];
  const { code, stderr } = await place.run(["run", file, ...provider, "--sandbox", ...flags]);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
  expect(readdirSync(place.dir)).toEqual(["a.jsonl"]);
});

test("input from a pipe and of several files is named as it was given", async () => {
  const place = new Place();
  const job = ["--provider", "openai", "--model", "gpt-4.1-mini", "--sandbox", "--prompt", "{{txt}}"];
  const table = ["run", place.file("a.csv", "id,text\n1,a\n"), place.file("b.csv", "id,text\n2,b\n"), ...job];
  expect((await place.run(table)).stderr).toContain(
    'a.csv, b.csv has no column "txt"; did you mean "text"? Its columns are id, text',
  );
  const piped = place.start(["run", "-", ...job]);
  piped.type("id,text\n1,a\n");
  piped.endInput();
  const { code, stderr } = await piped.ended;
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: 'nightshift: standard input has no column "txt"; did you mean "text"? Its columns are id, text\n',
  });
});

test("lines that are wrong become results with their reason; the others are answered", async () => {
  const place = new Place();
  await place.provider();
  const lines: (string | object)[] = [
    item("first"),
    { ...item("unknown field"), mesage: "x" },
    { custom_id: "of Anthropic", params: { model: "m", max_tokens: 1, messages: [] } },
    { user_message: "no id" },
    item("first"),
    "{ not json",
    item("last"),
  ];
  const utf8 = Buffer.concat([
    Buffer.from('{"custom_id":"bytes","user_message":"'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('"}\n'),
  ]);
  const text = lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join("");
  const { code, stdout } = await place.openai(
    place.file("a.jsonl", Buffer.concat([Buffer.from(text), utf8])),
  );
  expect(code).toBe(3);
  expect(place.results().map(({ custom_id, status, error }) => [custom_id, status, error])).toEqual([
    ["first", "succeeded", null],
    ["unknown field", "invalid", expect.stringContaining("mesage")],
    ["of Anthropic", "invalid", expect.stringContaining("anthropic's own format")],
    ["", "invalid", expect.stringContaining("custom_id: missing")],
    ["first", "invalid", expect.stringContaining("already used on line 1")],
    ["", "invalid", expect.stringContaining("line 6: not valid JSON")],
    ["last", "succeeded", null],
    ["", "invalid", expect.stringContaining("not valid UTF-8")],
  ]);
  expect(place.read("out/failed.jsonl").split("\n")).toHaveLength(7);
  expect(stdout).toContain("Most frequent errors:");
  expect(stdout).toContain("out/failed.jsonl");
});

test("--on-invalid fail names the lines, and nothing is sent", async () => {
  const place = new Place();
  const provider = await place.provider();
  const { code, stderr } = await place.openai(
    place.file("a.jsonl", [item("a"), "x"]),
    "--on-invalid",
    "fail",
  );
  expect(code).toBe(2);
  expect(stderr).toContain("1 of 2 lines are not valid; nothing was sent:\nline 2: not valid JSON");
  expect((await provider.stats()).openai.batches_created).toBe(0);
  expect(readdirSync(place.dir)).toEqual(["a.jsonl"]);
});

test("a line of 30 MB is an invalid line", async () => {
  const place = new Place();
  await place.provider();
  const { code } = await place.openai(
    place.file("a.jsonl", [item("a"), item("big", "x".repeat(30_000_000)), item("b")]),
  );
  expect(code).toBe(3);
  expect(place.results().map(({ status }) => status)).toEqual(["succeeded", "invalid", "succeeded"]);
  expect(place.results()[1]?.error).toMatch(/line 2: \d+ bytes long; a line has at most 20971520/);
});

test("custom_ids of any kind come back as they were", async () => {
  const place = new Place();
  await place.provider();
  const ids = [
    "x".repeat(10_000),
    "日本語 🌙 é\u0301",
    'a\nb\t"c"\\',
    "\u0000\u2028",
    "../../etc/passwd",
    " ",
    "__proto__",
  ];
  const lone = '{"custom_id":"lone \\ud83d","user_message":"x"}';
  const { code } = await place.openai(place.file("a.jsonl", [...ids.map((id) => item(id)), lone]));
  expect(code).toBe(0);
  expect(place.results().map(({ custom_id }) => custom_id)).toEqual([...ids, "lone \ud83d"]);
});

test("60,000 items are two batches for OpenAI", async () => {
  const place = new Place();
  const provider = await place.provider();
  const ids = Array.from({ length: 60_000 }, (_, index) => `id ${index}`);
  const { code, stdout } = await place.openai(
    place.file(
      "a.jsonl",
      ids.map((id) => item(id)),
    ),
  );
  expect(code).toBe(0);
  expect(stdout).toContain("60,000 items in 2 batches");
  expect(place.results().map(({ custom_id }) => custom_id)).toEqual(ids);
  expect((await provider.stats()).openai.batches_created).toBe(2);
});

test("a wrong key, then the right one: the same job resumes", async () => {
  const place = new Place();
  const provider = await place.provider({ keys: { openai: ["the-right-key"] } });
  const file = place.file("a.jsonl", [item("a")]);
  place.env.OPENAI_API_KEY = "sk-the-wrong-key-0123456789";
  const refused = await place.openai(file);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("OpenAI refused the API key (401)");
  expect(refused.stdout + refused.stderr).not.toContain("0123456789");
  // What it has of results can be brought; it is started again, and not retried as another job.
  const brought = await place.run(["results", "a", "--out", "brought"]);
  expect(brought.code).toBe(0);
  expect(brought.stderr).toMatch(/job a-\w+ failed; its rows so far are here: .*refused the API key/);
  expect(place.results("brought").map(({ status }) => status)).toEqual(["failed"]);
  const retried = await place.run(["retry", "a"]);
  expect(retried.code).toBe(1);
  expect(retried.stderr).toMatch(/start the job again to resume it/);
  place.env.OPENAI_API_KEY = "the-right-key";
  const accepted = await place.openai(file);
  expect(accepted.code).toBe(0);
  expect(accepted.stdout).toContain("resumed");
  expect(place.results().map(({ status }) => status)).toEqual(["succeeded"]);
  expect((await provider.stats()).openai.batches_created).toBe(1);
});

test("an unknown model: every item says so", async () => {
  const place = new Place();
  await place.provider();
  const { code, stdout } = await place.openai(
    place.file("a.jsonl", [item("a"), item("b")]),
    "--model",
    "no-such-model",
  );
  expect(code).toBe(3);
  expect(stdout).toMatch(/2 × .*model_not_found/);
  expect(place.read("out/failed.jsonl")).toBe(place.read("a.jsonl"));
});

test("a provider that cannot be reached: it shows what it waits for, and can be stopped", async () => {
  const place = new Place();
  await (await place.provider()).close();
  const args = ["run", place.file("a.jsonl", [item("a")]), "--provider", "openai", "--model", "gpt-4.1-mini"];
  const { code, stdout, stderr } = await place.run(args, { signal: "SIGINT", when: /trying again/ });
  expect(stdout).toMatch(
    /OpenAI: cannot be reached at http:\/\/127\.0\.0\.1:\d+\S* while .*ECONNREFUSED.*; trying again/,
  );
  expect(code).toBe(130);
  expect(stderr).toContain("Run the same command again");
});
