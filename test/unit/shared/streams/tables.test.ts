/** Files by the writers that people use, each read to the same rows; `make.py` beside them has the versions. */
import { readFileSync } from "node:fs";
import { parquetWriteBuffer } from "hyparquet-writer";
import { expect, test } from "vitest";
import { ParquetFile } from "../../../../shared/streams/parquet.ts";
import { openReader, START } from "../../../../shared/streams/reader.ts";
import { CellTexts, JsonTexts } from "../../../../shared/streams/row-texts.ts";
import { textSource } from "../../../harness/sources.ts";

const fixture = (name: string) => textSource(readFileSync(`test/fixtures/tables/${name}`), name);

/** The texts of each row, by column. */
async function textsOf(name: string, from = START) {
  const reader = await openReader(fixture(name));
  const cells = new CellTexts(reader.columns ?? []);
  const rows: {
    number: number;
    start: number;
    texts: Record<string, string | null | undefined>;
    json?: string;
  }[] = [];
  for await (const chunk of reader.rows(from)) {
    for (const row of chunk) {
      const isTable = "cells" in row && row.cells !== undefined;
      if (isTable) cells.cells = row.cells;
      const text = row.bytes?.toString() ?? "";
      const texts = isTable ? cells : new JsonTexts({ object: JSON.parse(text), text });
      const { number, start } = row;
      const named = Object.fromEntries(texts.names().map((column) => [column, texts.text(column)]));
      rows.push({ number, start, texts: named, ...(texts.carried() && { json: String(texts.carried()) }) });
    }
  }
  return rows;
}

const FIRST = {
  id: "007",
  text: 'Ann said "no", twice;\nthen left',
  big: "9007199254740993",
  price: "0.10",
  ratio: "0.1",
  day: "2024-02-29",
  at: "2024-02-29T12:30:45.123456",
  yes: "true",
};
const SECOND = {
  id: "0x1F",
  text: "日本語 😀 é",
  big: "-1",
  price: "12345678901234567.89",
  ratio: "1e+300",
  day: "1969-12-31",
  at: "1969-12-31T23:59:59",
  yes: "false",
};
const THIRD = { ...Object.fromEntries(Object.keys(FIRST).map((name) => [name, null])), id: "1e5" };
/** pandas makes whole numbers with a null floats. */
const FLOATS = [{ ...FIRST, big: "9007199254740992" }, SECOND, THIRD];

test.each<[string, object[]]>([
  ...["none", "snappy", "gzip", "brotli", "zstd", "v2", "int96"].map((kind): [string, object[]] => [
    `pyarrow-${kind}.parquet`,
    [FIRST, SECOND, THIRD],
  ]),
  ["polars.parquet", [FIRST, SECOND, THIRD]],
  ["duckdb.parquet", [FIRST, SECOND, THIRD]],
  ["pandas.parquet", FLOATS],
])("%s: exact texts", async (name, expected) => {
  expect((await textsOf(name)).map(({ texts }) => texts)).toEqual(expected);
});

test("numbers are carried as the JSON they are, digit for digit", async () => {
  const [first, , third] = await textsOf("pyarrow-zstd.parquet");
  expect(first?.json).toBe(
    `{"id":"007","text":${JSON.stringify(FIRST.text)},"big":9007199254740993,"price":0.10,"ratio":0.1,"day":"2024-02-29","at":"2024-02-29T12:30:45.123456","yes":true}`,
  );
  expect(third?.json).toContain('"id":"1e5","text":null,"big":null');
});

test("DuckDB's other types", async () => {
  expect((await textsOf("duckdb-types.parquet"))[0]?.texts).toEqual({
    u: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/),
    ub: "18446744073709551615",
    ut: "255",
    f: "0.1",
    t: "12:30:00.5",
    z: "2024-01-02T03:04:05Z",
    b: "qrs=",
  });
});

test("pyarrow's delta and split encodings, and fastparquet's strings", async () => {
  const [first, second] = await textsOf("pyarrow-delta.parquet");
  const { id, big, ratio, text } = FIRST;
  expect(first?.texts).toEqual({ id, big, ratio, text });
  expect(second?.texts).toEqual({ id: "0x1F", big: "-1", ratio: "1e+300", text: SECOND.text });
  const words = (await textsOf("fastparquet.parquet")).map(({ texts }) => texts);
  expect(words).toEqual([FIRST, SECOND, { id: "1e5", text: null }].map(({ id, text }) => ({ id, text })));
});

test.each([
  ["pandas-pipe.csv", ["id", "text"]],
  ["duckdb.tsv", ["id", "text"]],
  ["polars-bom.csv", ["id", "text"]],
  ["pandas-default.csv", ["column_1", "id", "text"]],
])("%s: delimiters, marks and a column without a name", async (name, columns) => {
  const rows = await textsOf(name);
  expect(Object.keys(rows[0]?.texts ?? {})).toEqual(columns);
  expect(rows[0]?.texts).toMatchObject({ id: "007", text: FIRST.text });
  expect(rows[1]?.texts).toMatchObject({ id: "0x1F", text: SECOND.text });
  // From a row in the middle.
  const { number, start } = rows[1] ?? { number: 1, start: 0 };
  expect((await textsOf(name, { number: number - 1, start })).map(({ texts }) => texts)).toEqual(
    rows.slice(1).map(({ texts }) => texts),
  );
});

test.each([
  ["excel-sep.csv", "a;b"],
  ["powershell5.csv", "a,b"],
])("%s: the line before the header is none of the table", async (name, text) => {
  expect(await textsOf(name)).toMatchObject([{ number: 1, texts: { id: "007", text } }]);
});

test("datasets: its JSON lines and CSV, and its Parquet but for nested columns", async () => {
  const lines = await textsOf("datasets.jsonl");
  expect(lines.map(({ texts }) => texts)).toEqual([
    { id: "007", text: "a", tags: '["x"]', label: "1" },
    { id: "0x1F", text: "b", tags: "[]", label: "0" },
  ]);
  expect((await textsOf("datasets.csv"))[0]?.texts).toEqual({
    id: "007",
    text: "a",
    tags: "['x']",
    label: "1",
  });
  const { columns } = await openReader(fixture("datasets.parquet"));
  expect(columns?.filter(({ problem }) => problem)).toEqual([
    {
      name: "tags",
      isJson: false,
      problem: "is nested",
      mend: 'write it as text, as with DuckDB: to_json("tags")',
    },
  ]);
});

test("pandas' JSON by columns is no row", async () => {
  await expect(openReader(fixture("pandas-columns.json"))).rejects.toThrow(
    'pandas-columns.json is a table by columns, as pandas writes it; write its rows: to_json(FILE, orient="records"',
  );
});

test("many row groups and pages: every row, from any row", async () => {
  const rows = await textsOf("pyarrow-many.parquet");
  expect(rows.map(({ texts }) => texts)).toEqual(
    Array.from({ length: 5000 }, (_, n) => ({
      id: String(n),
      kind: n % 7 === 0 ? null : `kind ${n % 5}`,
      text: `text ${n} ${"x".repeat(n % 50)}`,
    })),
  );
  for (const at of [1, 999, 1000, 1499, 1500, 1501, 3700, 4999]) {
    const { number, start } = rows[at] ?? { number: 0, start: 0 };
    expect(await textsOf("pyarrow-many.parquet", { number: number - 1, start })).toEqual(rows.slice(at));
  }
});

test.each([
  ["polars.csv", "2024-02-29T12:30:45.123456", "9007199254740993", "true"],
  ["duckdb.csv", "2024-02-29 12:30:45.123456", "9007199254740993", "true"],
  ["duckdb.csv.zst", "2024-02-29 12:30:45.123456", "9007199254740993", "true"],
  ["pandas.csv", "2024-02-29 12:30:45.123456", "9007199254740992.0", "True"],
  ["pandas-index.csv.gz", "2024-02-29 12:30:45.123456", "9007199254740992.0", "True"],
  ["excel.csv", "2024-02-29 12:30:45.123456", "9007199254740992.0", "True"],
  ["powershell.csv", "2024-02-29 12:30:45.123456", "9007199254740992.0", "True"],
])("%s: texts as the writer wrote them", async (name, at, big, yes) => {
  const rows = await textsOf(name);
  expect(rows).toHaveLength(3);
  expect(rows[0]?.texts).toMatchObject({ ...FIRST, at, big, yes });
  expect(rows[1]?.texts).toMatchObject({
    id: "0x1F",
    text: SECOND.text,
    price: SECOND.price,
    ratio: "1e+300",
  });
  expect(rows[2]?.texts).toMatchObject({ id: "1e5", text: "" });
});

test.each([
  ["polars.ndjson", "2024-02-29 12:30:45.123456"],
  ["polars.json", "2024-02-29 12:30:45.123456"],
  ["duckdb.json", "2024-02-29 12:30:45.123456"],
])("%s: JSON with names of its own, numbers as they are written", async (name, at) => {
  const rows = await textsOf(name);
  expect(rows.map(({ number }) => number)).toEqual([1, 2, 3]);
  expect(rows[0]?.texts).toMatchObject({
    id: "007",
    text: FIRST.text,
    big: "9007199254740993",
    at,
    yes: "true",
  });
  expect(rows[2]?.texts).toMatchObject({ id: "1e5", text: null, big: null });
});

test.each([
  ["pyarrow-nested.parquet", "tags", "is nested"],
  ["pyarrow-lz4.parquet", "text", "is packed with LZ4"],
])("%s: what cannot be read is known before anything is sent", async (name, column, problem) => {
  const reader = await openReader(fixture(name));
  expect(reader.columns?.find((known) => known.name === column)?.problem).toContain(problem);
});

test.each([
  ["cut", (bytes: Buffer) => bytes.subarray(0, 800), "begins as Parquet, but its footer cannot be read"],
  [
    "damaged",
    (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 60), Buffer.alloc(300, 0xee), bytes.subarray(360)]),
    "is damaged",
  ],
])("a Parquet file that is %s is an invalid job", async (_, change, sentence) => {
  const source = textSource(change(readFileSync("test/fixtures/tables/pyarrow-none.parquet")), "t.parquet");
  const read = async () => {
    const reader = await openReader(source);
    for await (const rows of reader.rows(START)) if (rows.length === 0) return;
  };
  await expect(read()).rejects.toThrow(sentence);
});

test("a last page that is longer than its column is an invalid job, not the bytes of an earlier page", async () => {
  // Two pages, of which the second is fetched into the memory of the first.
  const data = ["a", "b"].map((letter) => letter.repeat(400_000));
  const columnData = [{ name: "text", data, type: "STRING" as const, nullable: false }];
  const options = { codec: "UNCOMPRESSED" as const, pageSize: 100_000, statistics: false };
  const file = Buffer.from(parquetWriteBuffer({ columnData, ...options }));
  // A page's header: its type, then its sizes unpacked and packed, both 400,004.
  const header = Buffer.from([0x15, 0x06, 0x15, 0x88, 0xea, 0x30, 0x15, 0x88, 0xea, 0x30]);
  const second = file.lastIndexOf(header);
  expect(second).toBeGreaterThan(400_000);
  const read = async (bytes: Buffer) => {
    const parquet = await ParquetFile.open(textSource(bytes, "t.parquet"));
    const texts: string[] = [];
    // So many columns that less is fetched at once than the column has.
    const names = Array(16).fill("text");
    for await (const rows of parquet.rows(names, 0)) texts.push(...rows.map(({ cells }) => String(cells[0])));
    return texts;
  };
  expect(await read(file)).toEqual(data);
  // 16 KiB more, in both sizes.
  for (const third of [6, 10]) file[second + third - 1] = 0x32;
  await expect(read(file)).rejects.toThrow(
    "t.parquet is damaged, or its like cannot be read: a page is longer",
  );
});
