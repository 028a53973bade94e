import { snappyCompress } from "hysnappy";
import { expect, test } from "vitest";
import { CODECS } from "../../../../shared/streams/parquet-codecs.ts";

const snappy = CODECS.get("SNAPPY") as NonNullable<ReturnType<typeof CODECS.get>>;
const page = Buffer.from("a page of words, and of words again. ".repeat(300));
const packed = snappyCompress(page);

test("a page in Snappy comes out as it went in", () => {
  expect(Buffer.from(snappy(packed, page.length)).equals(page)).toBe(true);
});

test("a damaged page in Snappy is an error, and nothing of an earlier page", () => {
  expect(() => snappy(packed, page.length + 1)).toThrow(/unpacks to 11100 bytes, and should to 11101/);
  expect(() => snappy(packed.subarray(0, -5), page.length)).toThrow();
  expect(() => snappy(packed.subarray(0, 1), page.length)).toThrow();
  expect(() => snappy(new Uint8Array(0), page.length)).toThrow();
  // It says that it is short, and is long.
  const short = Uint8Array.from([10, ...packed.subarray(2)]);
  expect(() => snappy(short, 10)).toThrow();
  expect(Buffer.from(snappy(packed, page.length)).equals(page)).toBe(true);
});
