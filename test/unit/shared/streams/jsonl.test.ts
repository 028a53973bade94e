import { describe, expect, test } from "vitest";
import { type JsonlLine, parseLine, splitLines } from "../../../../shared/streams/jsonl.ts";

async function* chunksOf(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function linesOf(text: string | Buffer, size: number, limit = 1000): Promise<JsonlLine[]> {
  const lines: JsonlLine[] = [];
  for await (const some of splitLines(chunksOf(Buffer.from(text), size), limit)) lines.push(...some);
  return lines;
}

function texts(lines: JsonlLine[]): string[] {
  return lines.map((line) => (line.tooLong ? `too long: ${line.length}` : line.bytes.toString()));
}

// Every chunk size: a line, a BOM, a CRLF or a character may be cut anywhere.
describe.each([1, 2, 3, 5, 7, 64])("in chunks of %i bytes", (size) => {
  test("splits on \\n only, and numbers physical lines", async () => {
    const lines = await linesOf('{"a":"\u2028\u2029\u0085é"}\n\n{"b":1}\r\n last', size);
    expect(texts(lines)).toEqual(['{"a":"\u2028\u2029\u0085é"}', "", '{"b":1}', " last"]);
    expect(lines.map((line) => line.number)).toEqual([1, 2, 3, 4]);
  });

  test("fault 21: drops a byte order mark before any line, as `cat` of several files leaves them", async () => {
    expect(texts(await linesOf("\ufeff{}\n\ufeff{}\n", size))).toEqual(["{}", "{}"]);
    expect(await linesOf("\ufeff", size)).toEqual([]);
  });

  test("strips one CR, and only before the line's end", async () => {
    expect(texts(await linesOf("a\rb\r\r\nc\r", size))).toEqual(["a\rb\r", "c"]);
  });

  test("a line over the limit is reported with its length, the others stand", async () => {
    const lines = await linesOf(
      `ok\n${"x".repeat(101)}\r\n${"y".repeat(100)}\r\n${"z".repeat(500)}`,
      size,
      100,
    );
    expect(texts(lines)).toEqual(["ok", "too long: 101", "y".repeat(100), "too long: 500"]);
  });

  test("the limit does not count the byte order mark", async () => {
    expect(texts(await linesOf(`\ufeff${"x".repeat(10)}\r\n`, size, 10))).toEqual(["x".repeat(10)]);
    expect(texts(await linesOf(`\ufeff${"x".repeat(11)}\n`, size, 10))).toEqual(["too long: 11"]);
  });
});

test("no line in no bytes", async () => {
  expect(await linesOf("", 10)).toEqual([]);
});

test("a line far over the limit is not held in memory", async () => {
  const chunk = Buffer.alloc(1 << 20, 120);
  async function* endless() {
    for (let i = 0; i < 512; i++) yield Buffer.from(chunk);
  }
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  async function* watched() {
    for await (const piece of endless()) {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      yield piece;
    }
  }
  const lines: JsonlLine[] = [];
  for await (const some of splitLines(watched(), 1 << 20)) lines.push(...some);
  expect(texts(lines)).toEqual([`too long: ${512 << 20}`]);
  expect(most).toBeLessThan(256 << 20);
});

test("parseLine keeps the digits of long integers", () => {
  const text =
    '{"id":1234567890123456789,"all":[-98765432109876543210,1.12345678901234567,9007199254740991]}';
  expect(JSON.stringify(parseLine(Buffer.from(text)).value)).toBe(
    text.replace("1.12345678901234567", "1.1234567890123457"),
  );
});

test("parseLine finds long integers wherever they stand", () => {
  for (const digits of ["9999999999999999", "12345678901234567", "-98765432109876543"]) {
    for (let shift = 0; shift < 40; shift++) {
      const text = `{"k":"${"x".repeat(shift)}","n":${digits}}`;
      expect(JSON.stringify(parseLine(Buffer.from(text)).value)).toBe(text);
    }
  }
});

test("parseLine says what is wrong without quoting the line", () => {
  expect(parseLine(Buffer.from('{"a":"é"}')).value).toEqual({ a: "é" });
  const problems = ['{"secret": oops}', "secret", ""].map((text) => {
    try {
      return parseLine(Buffer.from(text));
    } catch (error) {
      expect(error).toBeInstanceOf(SyntaxError);
      return (error as Error).message;
    }
  });
  for (const problem of problems) {
    expect(problem).toMatch(/^not valid JSON/);
    expect(problem).not.toContain("secret");
  }
  expect(() => parseLine(Buffer.from([0x22, 0xff, 0x22]))).toThrow("not valid UTF-8");
});
