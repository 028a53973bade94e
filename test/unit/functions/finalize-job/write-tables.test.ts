import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { describe, expect, test } from "vitest";
import { TablesCursor, tablesStart } from "../../../../functions/finalize-job/tables-cursor.ts";
import { writeTables } from "../../../../functions/finalize-job/write-tables.ts";
import { JobSpec } from "../../../../shared/models.ts";
import { emptyQuote } from "../../../../shared/money/quote.ts";
import { formatEntry, type IndexEntry } from "../../../../shared/objects/index-line.ts";
import type { JobFile } from "../../../../shared/objects/job-file.ts";
import { indexKey, rowsKey, tableKey } from "../../../../shared/objects/keys.ts";
import { readText, writeText } from "../../../../shared/objects/objects.ts";
import { objectBytes, startLocalData } from "../../../harness/local-data.ts";

await startLocalData();

const SCHEMA = {
  type: "object",
  properties: {
    label: { enum: ["good", "bad"] },
    id: { type: "integer" },
    score: { anyOf: [{ type: "number" }, { type: "null" }] },
    sure: { type: "boolean" },
    tags: { type: "array", items: { type: "string" } },
    status: { $ref: "#/$defs/status" },
  },
  $defs: { status: { type: "string" } },
};
const spec = (more: object) =>
  JobSpec.parse({ provider: "openai", model: "gpt-4.1-mini", outputs: ["jsonl", "csv", "parquet"], ...more });
const fileOf = (settings: JobSpec): JobFile => ({
  spec: settings,
  key: "k",
  header: 0,
  lines: 1,
  batches: [emptyQuote()],
});
const csvKey = (job_id: string) => tableKey(job_id, "csv");
const parquetKey = (job_id: string) => tableKey(job_id, "parquet");
const bytesOf = async (key: string) => {
  const { buffer, byteOffset, byteLength } = await objectBytes(key);
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
};

const ALWAYS = { isLate: () => false, beforeEnd: async () => undefined };

const usage = '{"prompt_tokens":5,"completion_tokens":6,"total_tokens":11}';
const answered = (line: number, input: string, content: string, parsed: string) =>
  `{"line":${line},"custom_id":"id ${line}",${input}"status":"succeeded","response":{"content":${JSON.stringify(content)},"thinking":null,"parsed":${parsed},"tool_calls":[],"finish_reason":"stop","usage":${usage},"raw":{}},"error":null,"raw":{}}\n`;

/** Writes the tables of some rows. */
async function tables(
  job_id: string,
  settings: JobSpec,
  rows: string[],
  entries: IndexEntry[],
): Promise<void> {
  const key = rowsKey(job_id, 1, 1);
  await writeText(key, rows.join(""));
  await writeText(indexKey(job_id, 1), entries.map(formatEntry).join(""));
  const writing = { job_id, name: "t", file: fileOf(settings), rows: [{ key, bytes: 1 }] };
  expect(await writeTables({ ...writing, ...ALWAYS }, tablesStart())).toBe(true);
}

describe("a table of a job with a schema and carried columns", async () => {
  const carried = '{"price":007.0,"name":"=1+1, \\"x\\"","status":"old"}'.replace(
    "007.0",
    "12345678901234567890",
  );
  const input = `"input":${carried},`;
  const good =
    '{"label":"good","id":1234567890123456789,"score":0.5,"sure":true,"tags":["a", 1.0],"status":"new"}';
  const odd = '{"label":"bad","id":1.0,"score":null,"sure":"yes","tags":[],"more":1}';
  await tables(
    "typed",
    spec({ schema: SCHEMA }),
    [
      answered(1, input, good, good),
      answered(2, "", "a\r\nb\rc", odd),
      '{"line":3,"custom_id":"","status":"invalid","response":null,"error":"line 3: not valid JSON","raw":null}\n',
    ],
    [
      [1, "id 1", undefined, carried],
      [2, "id 2"],
      [3, "", "line 3: not valid JSON"],
    ],
  );

  test("as CSV: texts, keys and numbers as they are", async () => {
    expect(await readText(csvKey("typed"))).toBe(
      [
        "line,custom_id,price,name,input.status,status,error,content,finish_reason,label,id,score,sure,tags,answer.status,prompt_tokens,completion_tokens,total_tokens,cost_usd",
        `1,id 1,12345678901234567890,"=1+1, ""x""",old,succeeded,,"${good.replaceAll('"', '""')}",stop,good,1234567890123456789,0.5,true,"[""a"", 1.0]",new,5,6,11,0.0000058`,
        '2,id 2,,,,succeeded,,"a\r\nb\rc",stop,bad,1,,,[],,5,6,11,0.0000058',
        "3,,,,,invalid,line 3: not valid JSON,,,,,,,,,,,,",
        "",
      ].join("\n"),
    );
  });

  test("as Parquet: declared types, whole numbers exact", async () => {
    const file = await bytesOf(parquetKey("typed"));
    const types = new Map(
      parquetMetadata(file)
        .schema.slice(1)
        .map(({ name, type }) => [name, type]),
    );
    expect([
      types.get("id"),
      types.get("score"),
      types.get("sure"),
      types.get("tags"),
      types.get("line"),
    ]).toEqual(["INT64", "DOUBLE", "BOOLEAN", "BYTE_ARRAY", "INT64"]);
    const rows = await parquetReadObjects({ file });
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatchObject({
      ...{
        line: 1n,
        custom_id: "id 1",
        price: "12345678901234567890",
        "input.status": "old",
        status: "succeeded",
      },
      ...{
        label: "good",
        id: 1234567890123456789n,
        score: 0.5,
        sure: true,
        tags: '["a", 1.0]',
        "answer.status": "new",
      },
    });
    expect(rows[1]).toMatchObject({ id: 1n, score: null, sure: null, content: "a\r\nb\rc", price: null });
    expect(rows[2]).toMatchObject({
      status: "invalid",
      error: "line 3: not valid JSON",
      prompt_tokens: null,
    });
  });
});

test("many rows: a null, a fraction and a large number late in a column change nothing", async () => {
  const schema = { type: "object", properties: { n: { type: "number" }, i: { type: "integer" } } };
  const rows = Array.from({ length: 25_000 }, (_, place) => {
    const parsed =
      place < 20_000 ? `{"n":1,"i":${place}}` : `{"n":${place % 2 ? "null" : "0.25"},"i":9007199254740993}`;
    return answered(place + 1, "", "{}", parsed);
  });
  await tables("many", spec({ schema, outputs: ["parquet"] }), rows, []);
  expect(await readText(csvKey("many"))).toBeNull();
  const file = await bytesOf(parquetKey("many"));
  expect(parquetMetadata(file).row_groups.length).toBeGreaterThan(1);
  const read = await parquetReadObjects({ file, columns: ["line", "n", "i"] });
  expect(read).toHaveLength(25_000);
  expect(read[24_998]).toEqual({ line: 24_999n, n: 0.25, i: 9007199254740993n });
  expect(read[24_999]).toEqual({ line: 25_000n, n: null, i: 9007199254740993n });
});

test("embeddings are a list column", async () => {
  const row = answered(1, "", "", "[[0.25,-1e-3]]");
  await tables("vectors", spec({ endpoint: "/v1/embeddings" }), [row], [[1, "id 1"]]);
  const [read] = await parquetReadObjects({ file: await bytesOf(parquetKey("vectors")) });
  expect(read).toMatchObject({ embedding: [0.25, -0.001] });
  expect(await readText(csvKey("vectors"))).toContain('"[0.25,-0.001]"');
});

test("no table that is not asked for; an empty job has the header", async () => {
  const file = fileOf(spec({ outputs: ["jsonl"] }));
  await writeTables({ job_id: "none", name: "t", file, rows: [], ...ALWAYS }, tablesStart());
  expect(await readText(csvKey("none"))).toBeNull();
  await tables("empty", spec({}), [], []);
  expect(await readText(csvKey("empty"))).toMatch(/^line,custom_id,status,.*\n$/);
  expect(await parquetReadObjects({ file: await bytesOf(parquetKey("empty")) })).toEqual([]);
});

test("a table in parts, by runs that stop after each: the same bytes as in one run, and rows of all", async () => {
  const schema = { type: "object", properties: { n: { type: "integer" }, word: { type: "string" } } };
  const settings = spec({ schema });
  const batches = [1, 2, 3, 4];
  const rows = [];
  for (const batch of batches) {
    const lines = [0, 1, 2].map((place) => {
      const line = batch * 3 + place;
      return answered(line, `"input":{"c${batch}":"${line}"},`, "{}", `{"n":${line},"word":"w${line}"}`);
    });
    const key = rowsKey("parts", batch, 1);
    await writeText(key, lines.join(""));
    await writeText(indexKey("parts", batch), formatEntry([1, "a", undefined, `{"c${batch}":"1"}`]));
    rows.push({ key, bytes: lines.join("").length });
  }
  const file = { ...fileOf(settings), batches: batches.map(emptyQuote) };
  const writing = { job_id: "parts", name: "t", file, rows, partBytes: 1, ...ALWAYS };
  let cursor = tablesStart();
  let runs = 1;
  while (!(await writeTables({ ...writing, isLate: () => true }, cursor))) {
    cursor = TablesCursor.parse(JSON.parse(JSON.stringify(cursor)));
    runs++;
  }
  // One for the columns of each batch, for each part, and for each format.
  expect(runs).toBe(4 + 4 + 2);
  const inRuns = [await bytesOf(csvKey("parts")), await bytesOf(parquetKey("parts"))];
  await writeTables(writing, tablesStart());
  expect([await bytesOf(csvKey("parts")), await bytesOf(parquetKey("parts"))]).toEqual(inRuns);
  const [csv = new ArrayBuffer(), parquet = new ArrayBuffer()] = inRuns;
  expect(Buffer.from(csv).toString().split("\n")[0]).toContain("line,custom_id,c1,c2,c3,c4,status");
  expect(Buffer.from(csv).toString().trimEnd().split("\n")).toHaveLength(13);
  const { row_groups, num_rows } = parquetMetadata(parquet);
  expect([row_groups.length, num_rows]).toEqual([4, 12n]);
  expect(row_groups[3]?.columns[0]?.meta_data?.statistics).toMatchObject({ min_value: 12n, max_value: 14n });
  const read = await parquetReadObjects({ file: parquet });
  expect(read.map(({ line, n, word, c4 }) => [line, n, word, c4])).toEqual(
    Array.from({ length: 12 }, (_, place) => {
      const line = place + 3;
      return [BigInt(line), BigInt(line), `w${line}`, line >= 12 ? String(line) : null];
    }),
  );
});
