import { describe, expect, test } from "vitest";
import { delimiterOf } from "../../../../shared/streams/csv.ts";
import { openReader, START } from "../../../../shared/streams/reader.ts";
import { textSource } from "../../../harness/sources.ts";

async function read(text: Buffer | string, chunkBytes?: number) {
  const reader = await openReader(textSource(text, "t.csv", chunkBytes));
  const rows = [];
  for await (const chunk of reader.rows(START)) rows.push(...chunk);
  return { columns: reader.columns?.map(({ name }) => name), rows, reader };
}

const cells = (rows: object[]) => rows.map((row) => ("cells" in row ? row.cells : row));

const TEXT = [
  "\ufeffid,name,note",
  '007,"Ann, or ""Anna""",plain',
  "",
  '1e5,"two\r\nlines\n\n""x""",',
  '"",5" pipe,x"y"z',
  "12345678901234567890,é😀,\u2028 \r and NUL",
].join("\r\n");
const ROWS = [
  ["007", 'Ann, or "Anna"', "plain"],
  ["1e5", 'two\r\nlines\n\n"x"', ""],
  ["", '5" pipe', 'x"y"z'],
  ["12345678901234567890", "é😀", "\u2028 \r and NUL"],
];

describe.each([1, 2, 3, 7, 64, 65_536])("in chunks of %i bytes", (size) => {
  test("fields are texts as they are written", async () => {
    const { columns, rows } = await read(TEXT, size);
    expect(columns).toEqual(["id", "name", "note"]);
    expect(cells(rows)).toEqual(ROWS);
    expect(rows.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  });

  test("reading resumes at the byte of any row", async () => {
    const { rows, reader } = await read(TEXT, size);
    for (const [at, { number, start }] of rows.entries()) {
      const rest = [];
      for await (const chunk of reader.rows({ number: number - 1, start })) rest.push(...chunk);
      expect(rest).toEqual(rows.slice(at));
    }
  });
});

test("only the columns asked for, in their order", async () => {
  const { reader } = await read(TEXT);
  const rows = [];
  for await (const chunk of reader.rows(START, ["note", "id"])) rows.push(...chunk);
  expect(cells(rows)).toEqual(ROWS.map(([id, , note]) => [note, id]));
});

test("rows of another width, and rows that are no UTF-8, are those rows' fault", async () => {
  // The first bytes say whether the file is UTF-8.
  const good = "1,2\n".repeat(20_000);
  const { rows } = await read(
    Buffer.concat([Buffer.from(`a,b\n${good}1\n1,2,3\n`), Buffer.from([0xff]), Buffer.from(",2\n3,4\n")]),
  );
  expect(cells(rows.slice(20_000))).toEqual([
    expect.objectContaining({ problem: "has 1 fields, and the header 2" }),
    expect.objectContaining({ problem: "has 3 fields, and the header 2" }),
    expect.objectContaining({ problem: "not valid UTF-8; save the file as UTF-8" }),
    ["3", "4"],
  ]);
});

test("an index column without a name, as pandas writes it, has a name of ours", async () => {
  expect((await read(",b\n0,1\n")).columns).toEqual(["column_1", "b"]);
});

test.each([
  ['a,b\n1,"2\n3,4\n', "t.csv: row 1 (at byte 4) has a quote that opens a field and is never closed"],
  ['a,b\n1,2\n"3"x,4\n', "t.csv: row 2 (at byte 8) has text behind the closing quote of field 1"],
  ['a,"b\n1,2\n', "t.csv: the header has a quote that opens a field and is never closed"],
  ["a,b,a\n1,2,3\n", 't.csv has two columns called "a", the 1. and the 3.; rename one of them'],
])("%j is refused: where, and what to do", async (text, sentence) => {
  await expect(read(text)).rejects.toThrow(sentence);
});

test("a quote that is never closed stops at the longest row, not at the end of the file", async () => {
  const text = `a,b\n1,"${`${"x".repeat(1023)}\n`.repeat(21 * 1024)}`;
  await expect(read(text)).rejects.toThrow("t.csv: row 1 (at byte 4) has more than 20971520 bytes");
});

test("a row of a million fields is one row of another width", async () => {
  const { rows } = await read(`a,b\n${",".repeat(1_000_000)}\n1,2\n`);
  expect(cells(rows)).toEqual([
    expect.objectContaining({ problem: "has 1000001 fields, and the header 2" }),
    ["1", "2"],
  ]);
});

test.each([
  ["a,b\n1;2;3", ","],
  ["a;b;c\n", ";"],
  ["a\tb,c\td\n", "\t"],
  ['"x;y;z",b\n', ","],
  ["one\n", ","],
])("the delimiter of %j is %j", (text, delimiter) => {
  expect(delimiterOf(text)).toBe(delimiter);
});
