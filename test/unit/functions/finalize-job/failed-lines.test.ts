import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { FailedCursor, failedStart } from "../../../../functions/finalize-job/failed-cursor.ts";
import { copyFailed } from "../../../../functions/finalize-job/failed-lines.ts";
import { JobSpec } from "../../../../shared/models.ts";
import { objectSource } from "../../../../shared/objects/input.ts";
import type { JobFile } from "../../../../shared/objects/job-file.ts";
import { putObject, writeText } from "../../../../shared/objects/objects.ts";
import { openReader } from "../../../../shared/streams/reader.ts";
import { objectBytes, startLocalData } from "../../../harness/local-data.ts";

await startLocalData();
let files = 0;

/**
 * The lines copied of an input, of which those without an answer are given as a list for each batch. With `partBytes`,
 * every run stops at the end of a part.
 */
async function failed(
  input: Uint8Array,
  lists: number[][],
  header = 0,
  partBytes?: number,
): Promise<{ text: Buffer; runs: number }> {
  const key = `inbox/${++files}.jsonl`;
  await putObject(key, input);
  const keys = lists.map((_, at) => `lists/${files}-${at}`);
  for (const [at, list] of lists.entries())
    await writeText(keys[at] ?? "", list.map((line) => `${line}\n`).join(""));
  const spec = JobSpec.parse({ provider: "openai", model: "m" });
  const file: JobFile = {
    spec,
    key,
    version: undefined,
    header,
    lines: 1,
    batches: [],
  };
  const reader = await openReader(objectSource(key, undefined, input.length));
  let cursor = failedStart();
  let runs = 0;
  while (!cursor.complete) {
    runs++;
    const partKey = (start: number) => `failed/${files}-${start}`;
    const copying = { file, reader, unanswered: keys, partKey, isLate: () => true };
    await copyFailed(partBytes ? { ...copying, partBytes } : copying, cursor);
    cursor = FailedCursor.parse(JSON.parse(JSON.stringify(cursor)));
  }
  const parts = await Promise.all(cursor.parts.map(({ key }) => objectBytes(key)));
  expect(cursor.parts.map(({ bytes }) => bytes)).toEqual(parts.map(({ length }) => length));
  return { text: Buffer.concat(parts), runs };
}

const INPUT = Buffer.concat([
  Buffer.from("\ufeffone\r\n"),
  Buffer.from("\n"),
  Buffer.from(" three \t\n"),
  Buffer.from([0xff, 0xfe, 0x0a]),
  Buffer.from("five é\u2028\n"),
  Buffer.from("six, without an end"),
]);

test("lines are copied byte for byte, whatever they hold", async () => {
  const { text, runs } = await failed(INPUT, [[1, 4], [5]]);
  const lines = [
    Buffer.from("\ufeffone\r\n"),
    Buffer.from([0xff, 0xfe, 0x0a]),
    Buffer.from("five é\u2028\n"),
  ];
  expect(text.equals(Buffer.concat(lines))).toBe(true);
  expect(runs).toBe(1);
});

test("the last line gets the newline that it lacks", async () => {
  expect((await failed(INPUT, [[6]])).text.toString()).toBe("six, without an end\n");
});

test("the header goes first, and only with lines", async () => {
  expect((await failed(INPUT, [[5]], 3)).text.toString()).toBe(" three \t\nfive é\u2028\n");
  expect((await failed(INPUT, [], 3)).text.toString()).toBe("");
});

const EVERY = [
  [1, 2, 3],
  [4, 5, 6],
];

test("every line, and none", async () => {
  expect((await failed(INPUT, EVERY)).text.equals(Buffer.concat([INPUT, Buffer.from("\n")]))).toBe(true);
  expect((await failed(INPUT, [])).text).toHaveLength(0);
});

test("a gzip input comes out plain", async () => {
  expect((await failed(gzipSync(INPUT), [[3]])).text.toString()).toBe(" three \t\n");
});

test("lines that lie across many chunks", async () => {
  const lines = [1, 2, 3, 4].map((n) => `${String(n).repeat(700_000)}\n`);
  const { text } = await failed(Buffer.from(lines.join("")), [[2, 4]]);
  expect(text.toString()).toBe(`${lines[1]}${lines[3]}`);
});

test.each([
  ["every line", EVERY, 0],
  ["the first and the last", [[1], [6]], 0],
  ["a header and one line", [[5]], 3],
  ["the last line alone", [[6]], 1],
  ["the first line alone", [[1]], 0],
] as const)("%s, in parts cut anywhere, plain and zipped: as in one part", async (_, lists, header) => {
  const wanted = lists.map((list) => [...list]);
  const { text } = await failed(INPUT, wanted, header);
  for (const partBytes of [1, 2, 3, 7, INPUT.length - 1, INPUT.length]) {
    for (const input of [INPUT, gzipSync(INPUT)]) {
      const parts = await failed(input, wanted, header, partBytes);
      expect(parts.text.equals(text), `${partBytes} bytes a part`).toBe(true);
    }
  }
});

test("a run stops at the end of a part", async () => {
  expect((await failed(INPUT, EVERY, 0, 7)).runs).toBe(Math.ceil(INPUT.length / 7));
});
