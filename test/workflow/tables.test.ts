/** Tables as inputs of whole jobs: CSV, Parquet, JSON of other names; and files that are none. */
import { readFileSync } from "node:fs";
import { zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { tableKey } from "../../shared/objects/keys.ts";
import { headObject } from "../../shared/objects/objects.ts";
import { jobAt, PROVIDERS, startWorld } from "../harness/harness.ts";

const world = await startWorld();

const CSV = [
  "id,text,note",
  '007,"Ann said ""no""",',
  "8,plain,x",
  "9,too,many,fields",
  "007,again,",
  "10,last,é",
].join("\r\n");

test.for(PROVIDERS)("%s: each row of a CSV is asked, and comes back with its columns", async (provider) => {
  const sandbox = await world.sandbox();
  const job = { ...jobAt(provider), prompt: "Say {{text}} to {{ note }}.", system: "Row {{id}}" };
  const run = await world.run(zstdCompressSync(CSV), { job, name: "data.csv.zst" });
  expect(run.error).toBeUndefined();
  expect(run.results.map(({ line, custom_id, status, error }) => [line, custom_id, status, error])).toEqual([
    [1, "007", "succeeded", null],
    [2, "8", "succeeded", null],
    [3, "", "invalid", "row 3: has 4 fields, and the header 3"],
    [4, "007", "invalid", "row 4: custom_id: already used on row 1"],
    [5, "10", "succeeded", null],
  ]);
  expect(run.results[0]?.input).toEqual({ id: "007", text: 'Ann said "no"', note: "" });
  expect(run.results[0]?.response?.content).toContain('Say Ann said "no" to .');
  expect(run.results[4]?.input).toEqual({ id: "10", text: "last", note: "é" });
  // The row that could not be read as one is not there; the other can be asked again with the same settings.
  expect(run.failed).toBe('{"id":"007","text":"again","note":""}\n');
  expect((await sandbox.stats())[provider].requests_accepted).toBe(3);
});

test("the results are a table like the input, unless the job says otherwise", async () => {
  await world.sandbox();
  const job = { ...jobAt("openai"), prompt: "{{a}}" };
  const tables = async (name: string, body: string | Buffer, more = {}) => {
    const { job_id, error } = await world.run(body, { job: { ...job, ...more }, name });
    expect(error).toBeUndefined();
    const there = ["csv", "parquet"].map(
      async (format) => (await headObject(tableKey(job_id, format))) !== null,
    );
    return Promise.all(there);
  };
  expect(await tables("like.csv", "a\nx\n")).toEqual([true, false]);
  expect(await tables("like.tsv.zst", zstdCompressSync("a\tb\nx\ty\n"))).toEqual([true, false]);
  expect(await tables("like.jsonl", '{"a":"x"}\n')).toEqual([false, false]);
  expect(await tables("else.csv", "a\nx\n", { outputs: ["parquet"] })).toEqual([false, true]);
  const parquet = readFileSync("test/fixtures/tables/polars.parquet");
  expect(await tables("like.parquet", parquet, { prompt: "{{text}}" })).toEqual([false, true]);
});

test("a Parquet file, in batches of two rows, by template messages and chosen columns", async () => {
  await world.sandbox();
  world.limits({ openai: { max_requests: 2 } });
  const messages = [
    { role: "system", content: "Be brief." },
    { role: "user", content: "{{text}} costs {{price}}, {{big}} times" },
  ];
  const job = { ...jobAt("openai"), messages, id: "big", carry: ["price", "id"] };
  const run = await world.run(readFileSync("test/fixtures/tables/pyarrow-zstd.parquet"), {
    job,
    name: "t.parquet",
  });
  expect(run.results.map(({ custom_id, status, input, error }) => [custom_id, status, input, error])).toEqual(
    [
      ["9007199254740993", "succeeded", { price: 0.1, id: "007" }, null],
      ["-1", "succeeded", { price: Number("12345678901234567.89"), id: "0x1F" }, null],
      ["", "invalid", { price: null, id: "1e5" }, "row 3: column big: the id is empty"],
    ],
  );
  expect(run.results[1]?.response?.content).toContain("日本語 😀 é costs 12345678901234567.89, -1 times");
});

test("an empty id names the column that the id was taken from", async () => {
  await world.sandbox();
  const job = { ...jobAt("openai"), prompt: "{{text}}" };
  const run = await world.run("id,text\n,a\n2,b\n", { job, name: "t.csv" });
  expect(run.results.map(({ error }) => error)).toEqual(["row 1: column id: the id is empty", null]);
});

test("a JSON array with names of its own and nested ones", async () => {
  await world.sandbox();
  const rows = [{ key: 1, owner: { name: "Ann", tags: ["x", 1] } }, { key: 2, owner: null }, { key: 3 }];
  const job = { ...jobAt("openai"), prompt: "{{owner.name}} {{owner.tags}}!", id: "key" };
  const run = await world.run(JSON.stringify(rows, null, 2), { job, name: "rows.json" });
  expect(run.results.map(({ line, custom_id, error }) => [line, custom_id, error])).toEqual([
    [1, "1", null],
    [2, "2", null],
    [3, "3", 'row 3: has no "owner.name"; it has key'],
  ]);
  expect(run.results[0]?.response?.content).toMatch(/Ann \[.*x.*1.*\]!/s);
  expect(run.failed).toBe('{ "key": 3 }\n');
});

// A retry paid for all of them, found other ids in the answers, and put none into its place.
test("JSON rows without an id keep their number as one when they are asked again", async () => {
  await world.sandbox();
  const job = { ...jobAt("openai"), prompt: "{{text}}" };
  const header = '{"job":{"max_rounds":1}}';
  const lines = [header, '{"text":"a"}', '{ "other": 1 }', "not json", "{}", '{"id":"own","other":2}'];
  const run = await world.run(`${lines.join("\n")}\n`, { job, name: "n.jsonl" });
  expect(run.results.map(({ custom_id }) => custom_id)).toEqual(["2", "3", "", "5", "own"]);
  expect(run.failed?.split("\n")).toEqual([
    header,
    '{"custom_id":"3","other": 1 }',
    '{"custom_id":"5"}',
    '{"id":"own","other":2}',
    "",
  ]);
  const array = await world.run('[{"text":"a"}, {"other":1}, 5]', { job, name: "n.json" });
  expect(array.failed).toBe('{"custom_id":"2","other":1}\n');
});

test("without an id column the row's number is the id, and stays so for the rows to ask again", async () => {
  const sandbox = await world.sandbox();
  const run = await world.run("text\na\n\nb\n", {
    job: { ...jobAt("openai"), prompt: "{{text}}", max_rounds: 1 },
    name: "n.csv",
  });
  expect(run.results.map(({ line, custom_id }) => [line, custom_id])).toEqual([
    [1, "1"],
    [2, "2"],
  ]);
  expect((await sandbox.stats()).openai.requests_accepted).toBe(2);
});

test.each([
  ["t.csv", "a,b\n1,2\n", {}, "is a table: say what to ask of each row with prompt"],
  ["t.csv", "a,b\n1,2\n", { prompt: "{{c}}" }, 'has no column "c"; its columns are a, b'],
  ["t.csv", "a,b\n1,2\n", { prompt: "{{a}}", id: "c" }, 'has no column "c"; its columns are a, b'],
  ["t.csv", "a,b\n", { prompt: "{{a}}" }, "has no rows"],
  ["t.csv", "a,b\n1,2\n", { prompt: "Sort {{a" }, 'prompt: "{{a" names no column; one is written {{name}}'],
  ["t.jsonl", '{"a":1}\n', { prompt: "{{b}}" }, 'has no column "b"; its columns are a'],
  ["t.jsonl", '{"a":1}\n', { id: "a" }, "id is for a table"],
  ["t.csv", 'a,b\n1,"2\n', { prompt: "{{a}}" }, "is never closed"],
  ["t.xlsx", "PK\x03\x04[Content_Types].xml", {}, "is an Excel workbook"],
])(
  "fault 22: %s %j with %j cannot be a job, and its record says why",
  async (name, body, settings, reason) => {
    const sandbox = await world.sandbox();
    const run = await world.run(body, {
      job: { ...jobAt("openai"), ...settings },
      name: `${Math.random()}-${name}`,
    });
    expect(run.record?.status).toBe("failed");
    expect(run.record?.error).toContain(reason);
    expect(run.record?.error).not.toContain("\n");
    expect((await sandbox.stats()).openai.requests_accepted).toBe(0);
  },
);

test.each([
  ["bedrock", '{"recordId":"1","modelInput":{}}'],
  ["gemini", '{"key":"1","request":{"contents":[]}}'],
])("a line in %s's own format is no line of OpenAI's", async (owner, line) => {
  await world.sandbox();
  const run = await world.run(`${line}\n`, { job: jobAt("openai") });
  expect(run.record?.error).toContain(`line 1: this is a line in ${owner}'s own format`);
});

test("fault 39a: OpenAI's own lines say their endpoint", async () => {
  await world.sandbox();
  const { endpoint: _, ...job } = jobAt("openai");
  const body = { model: (job as { model: string }).model, input: "hi", max_output_tokens: 50 };
  const line = { custom_id: "1", method: "POST", url: "/v1/responses", body };
  const run = await world.run(JSON.stringify(line), { job, name: "native.jsonl" });
  expect(run.results.map(({ status, error }) => [status, error])).toEqual([["succeeded", null]]);
});

test.for(PROVIDERS)(
  "%s: pictures and PDFs of a column; a file's path comes back, a data URL does not",
  async (provider) => {
    await world.sandbox();
    const rows = [
      { id: "a", file: "data:image/png;name=pics%2Fcat.png;base64,iVBORw0KGgo=" },
      { id: "b", file: "data:application/pdf;base64,JVBERi0=" },
      { id: "c", file: "https://example.com/x.png" },
      { id: "d", file: "no picture" },
    ];
    const job = { ...jobAt(provider), prompt: "What is it?", image: "file" };
    const run = await world.run(
      rows.map((row) => JSON.stringify(row)),
      { job },
    );
    expect(run.results.map(({ status, input, error }) => [status, input, error])).toEqual([
      ["succeeded", { id: "a", file: "pics/cat.png" }, null],
      ["succeeded", { id: "b" }, null],
      ["succeeded", { id: "c", file: "https://example.com/x.png" }, null],
      [
        "invalid",
        { id: "d", file: "no picture" },
        "line 4: column file: must be an http or https URL, or a data URL of an image or a PDF",
      ],
    ]);
  },
);

// They were asked without a picture, and paid.
test.for(PROVIDERS)("%s: a row without a picture is invalid, and is not sent", async (provider) => {
  const sandbox = await world.sandbox();
  const png = "data:image/png;base64,iVBORw0KGgo=";
  const rows = [
    { front: png, back: png },
    { front: "", back: png },
    { front: "", back: null },
    { front: null },
  ];
  const job = { ...jobAt(provider), prompt: "What is it?", image: ["front", "back"] };
  const run = await world.run(
    rows.map((row) => JSON.stringify(row)),
    { job },
  );
  const none = (line: number) => [
    "invalid",
    `line ${line}: columns front, back: are empty, and a row needs a picture`,
  ];
  expect(run.results.map(({ status, error }) => [status, error])).toEqual([
    ["succeeded", null],
    ["succeeded", null],
    none(3),
    none(4),
  ]);
  expect((await sandbox.stats())[provider].requests_billed).toBe(2);
});

test("a CSV's row with an empty cell of its one picture says which", async () => {
  await world.sandbox();
  const job = { ...jobAt("openai"), prompt: "What is it?", image: "file" };
  const run = await world.run("id,file\na,https://example.com/x.png\nb,\n", { job, name: "t.csv" });
  expect(run.results.map(({ error }) => error)).toEqual([
    null,
    "row 2: column file: is empty, and a row needs a picture",
  ]);
});
