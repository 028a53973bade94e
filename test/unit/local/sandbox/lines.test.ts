import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { shuffle } from "../../../../local/sandbox/chance.ts";
import { splitLines, writeLines } from "../../../../local/sandbox/lines.ts";
import { collect } from "./setup.ts";

async function* chunksOf(text: string, bytes: number): AsyncGenerator<Buffer> {
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += bytes) yield all.subarray(at, at + bytes);
}

async function* numbers(count: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < count; at++) yield Buffer.from(String(at));
}

test.each([1, 2, 5, 1000])("lines end at \\n only, whatever the chunks: %i bytes", async (bytes) => {
  const lines = ["one\u2028still one", "two\r", "", "three\u0085", "last"];
  const read = await collect(splitLines(chunksOf(lines.join("\n"), bytes)));
  expect(read.map(String)).toEqual(lines);
});

test("a last newline does not make an empty line", async () => {
  expect((await collect(splitLines(chunksOf("a\nb\n", 3)))).map(String)).toEqual(["a", "b"]);
});

test("lines written are read back, and their bytes are counted", async () => {
  const dir = await mkdtemp(join(tmpdir(), "nightshift-test-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  const path = join(dir, "lines");
  const lines = Array.from({ length: 2000 }, (_, at) => `${at} ünï ${"x".repeat(200)}`);
  const file = await writeLines(path);
  for (const line of lines) await file.write(line);
  await file.close();
  const text = await readFile(path);
  expect(file.bytes).toBe(text.length);
  expect(text.toString()).toBe(`${lines.join("\n")}\n`);
});

test("a shuffle keeps every value, mixes them, and is the same for the same seed", async () => {
  const order = async (seed: string) => (await collect(shuffle(numbers(5000), seed))).map(Number);
  const mixed = await order("a");
  expect(mixed.toSorted((a, b) => a - b)).toEqual([...Array(5000).keys()]);
  expect(mixed.filter((value, at) => value === at).length).toBeLessThan(50);
  expect(await order("a")).toEqual(mixed);
  expect(await order("b")).not.toEqual(mixed);
});
