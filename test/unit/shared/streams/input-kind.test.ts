import { gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { type InputSource, inputKind } from "../../../../shared/streams/input-kind.ts";
import { openReader, START, utf8Bytes } from "../../../../shared/streams/reader.ts";
import { textSource } from "../../../harness/sources.ts";

const kindOf = async (bytes: Buffer | string, name = "inbox/file") => {
  const { shape, packing, encoding, delimiter } = await inputKind(textSource(bytes, name));
  return [shape, packing, encoding, shape === "csv" ? delimiter : ""].join(" ").trim();
};

const UTF16LE = (text: string) => Buffer.from(`\ufeff${text}`, "utf16le");
const UTF16BE = (text: string) => UTF16LE(text).swap16();
const LINES = '{"custom_id":"1","user_message":"é"}\n{"custom_id":"2","user_message":"b"}\n';

test.each<[string, Buffer | string, string, string?]>([
  ["JSONL", LINES, "jsonl plain utf-8"],
  ["JSONL whose first line is none", `not json\n${LINES}`, "jsonl plain utf-8"],
  ["lines that are no JSON, by name", "a b\nc d\n", "jsonl plain utf-8", "x.jsonl"],
  ["CSV under JSONL's name", "a,b\nc,d\n", "csv plain utf-8 ,", "x.jsonl"],
  ["JSON lines that are no objects", '"a, b"\n"c, d"\n', "jsonl plain utf-8", "x.jsonl"],
  ["gzip", gzipSync(LINES), "jsonl gzip utf-8"],
  ["zstd", zstdCompressSync(LINES), "jsonl zstd utf-8"],
  ["PowerShell's UTF-16", UTF16LE(LINES), "jsonl plain utf-16le"],
  ["UTF-16, big end first", UTF16BE(LINES), "jsonl plain utf-16be"],
  ["UTF-16 without a mark", UTF16LE(LINES).subarray(2), "jsonl plain utf-16le"],
  ["UTF-16 in gzip", gzipSync(UTF16LE("a;b\n1;2\n")), "csv gzip utf-16le ;"],
  ["an array", '\ufeff [\n  {"a": 1}\n]', "array plain utf-8"],
  ["an empty array", "[]", "array plain utf-8"],
  ["an array whose first row is null", '[null, {"a": 1}]', "array plain utf-8"],
  ["CSV", "a,b\n1,2\n", "csv plain utf-8 ,"],
  ["CSV with semicolons, one of which is quoted", '"a,;,;",b;c\n1;2;3\n', "csv plain utf-8 ,"],
  ["Excel's semicolons", "a;b;c\n1,5;2;3\n", "csv plain utf-8 ;"],
  ["tabs", "a\tb\n1\t2\n", "csv plain utf-8 \t".trim()],
  ["bars", "a|b\n1|2\n", "csv plain utf-8 |"],
  ["Excel's line of the delimiter, which it is", "\ufeffsep=|\r\na;b|c\r\n1|2\r\n", "csv plain utf-8 |"],
  ["PowerShell's line of a type", UTF16LE('#TYPE A, B\r\n"a";"b"\r\n1;2\r\n'), "csv plain utf-16le ;"],
  ["one column, by name", "question\nwhy\n", "csv plain utf-8 ,", "inbox/q.csv"],
  [
    "one column, by an uploaded name",
    "question\nwhy\n",
    "csv gzip utf-8 ,".replace("gzip", "plain"),
    "inbox/_/0/q-csv",
  ],
])("%s", async (_, bytes, kind, name) => {
  expect(await kindOf(bytes, name)).toBe(kind);
});

test.each<[string, Buffer, string]>([
  ["xlsx", Buffer.from("PK\x03\x04\x14\0\x06\0[Content_Types].xml"), "is an Excel workbook"],
  ["zip", Buffer.from("PK\x03\x04data.csv"), "is a ZIP archive; unpack it"],
  ["xls", Buffer.from("\xd0\xcf\x11\xe0\xa1\xb1", "latin1"), "is an old Excel"],
  ["tar", Buffer.concat([Buffer.alloc(257, 0x61), Buffer.from("ustar")]), "is a tar archive"],
  ["tar.gz", gzipSync(Buffer.concat([Buffer.alloc(257, 0x61), Buffer.from("ustar")])), "is a tar archive"],
  ["ORC", Buffer.from("ORC\0"), "is an ORC file"],
  ["Avro", Buffer.from("Obj\x01"), "is an Avro file"],
  ["Arrow", Buffer.from("ARROW1\0\0"), "is an Arrow (Feather) file"],
  ["SQLite", Buffer.from("SQLite format 3\0"), "is an SQLite database"],
  ["bzip2", Buffer.from("BZh91AY"), "is packed with bzip2"],
  ["xz", Buffer.from("\xfd7zXZ\0", "latin1"), "is packed with xz"],
  ["PDF", Buffer.from("%PDF-1.7"), "is a PDF"],
  ["HTML", Buffer.from("\ufeff <!DOCTYPE html>"), "is XML or HTML"],
  ["encrypted Parquet", Buffer.from("PARE\0"), "is a Parquet file with an encrypted footer"],
  ["Parquet in gzip", gzipSync("PAR1\0"), "is a Parquet file packed with gzip"],
  ["UTF-32", Buffer.from([0xff, 0xfe, 0, 0, 0x7b, 0, 0, 0]), "is text in UTF-32"],
  ["pretty JSON", Buffer.from('{\n  "custom_id": "a",\n  "b": 1\n}\n'), "is JSON over several lines"],
  ["pretty objects", Buffer.from('{ "a": [\n"x"\n]}\n{ "a": []}'), "is JSON over several lines"],
  ["HTML of pandas", Buffer.from('<table border="1">\n'), "is XML or HTML"],
  [
    "an Arrow stream",
    Buffer.from("\xff\xff\xff\xff\x10\0\0\0", "latin1"),
    "is an Arrow stream, as datasets'",
  ],
  ["a pickle", Buffer.from("\x80\x04\x95\0", "latin1"), "is a Python pickle"],
  ["DuckDB's own", Buffer.from("12345678DUCK\0"), "is a DuckDB database"],
  ["lines of old Macs", Buffer.from("a,b\r1,2\r"), "has lines that end in a carriage return alone"],
  ["prose", Buffer.from("Hello.\nThis is text.\n"), "is text, and neither JSON lines nor a table"],
  ["an array of arrays", Buffer.from('[["a","b"],[1,2]]'), "is a JSON array whose elements are no objects"],
  ["pandas' columns", Buffer.from('{"a":{"0":1,"1":2}}\n'), "is a table by columns, as pandas writes it"],
  ["other bytes", Buffer.from([1, 2, 0, 3, 4]), "is a binary file of an unknown kind"],
  ["Windows-1252", Buffer.from("name,b\nJos\xe9,2\n", "latin1"), "is not in UTF-8; save it as CSV UTF-8"],
])("%s is refused in one sentence with what to do", async (_, bytes, sentence) => {
  const problem = await inputKind(textSource(bytes, "inbox/data")).then(
    () => "",
    (error: Error) => `${error.name}: ${error.message}`,
  );
  expect(problem).toContain(`InvalidJobError: inbox/data ${sentence}`);
  expect(problem).not.toContain("\n");
});

test("a line with a zero byte is that line's fault, and a cut line too", async () => {
  expect(await kindOf('{"a":"\0"}\n')).toBe("jsonl plain utf-8");
  expect(await kindOf('{"custom_id":"cut","user_mess\n{"custom_id":"2"}\n')).toBe("jsonl plain utf-8");
});

test("zstd of many frames, with a skippable one in front, gives all of them", async () => {
  const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]);
  const big = "x".repeat(300_000);
  const frames = Array.from({ length: 20 }, (_, at) => zstdCompressSync(`{"a":"${at}${big}"}\n`));
  const source = textSource(Buffer.concat([skippable, ...frames, skippable]));
  const kind = await inputKind(source);
  const chunks: Uint8Array[] = [];
  for await (const chunk of utf8Bytes(source, kind, 0)) chunks.push(chunk);
  const lines = Buffer.concat(chunks).toString().trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line).a.replace(big, ""))).toEqual(frames.map((_, at) => String(at)));
});

const cut = (packed: Buffer) => packed.subarray(0, packed.length - 10);

test.each([
  ["zstd", "cut", cut(zstdCompressSync(LINES.repeat(5000)))],
  [
    "zstd",
    "followed by other bytes",
    Buffer.concat([zstdCompressSync(LINES.repeat(5000)), Buffer.from("more")]),
  ],
  ["gzip", "cut", cut(gzipSync(LINES.repeat(5000)))],
])("%s that is %s is an invalid job, and named", async (packing, _, packed) => {
  const source: InputSource = textSource(packed);
  const read = async () => {
    const reader = await openReader(source);
    for await (const rows of reader.rows(START)) if (rows.length === 0) return;
  };
  await expect(read()).rejects.toThrow(
    `${source.name} begins as ${packing} and cannot be unzipped, so it may be cut or damaged: `,
  );
});
