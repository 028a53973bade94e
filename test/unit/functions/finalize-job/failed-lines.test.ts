import { gzipSync } from "node:zlib";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { writeFailed } from "../../../../functions/finalize-job/failed-lines.ts";
import type { JobFile } from "../../../../shared/job-file.ts";
import { JobSpec } from "../../../../shared/models.ts";
import { bucket, headObject, s3, writeText } from "../../../../shared/objects.ts";
import { objectBytes, startLocalData } from "../../shared/local-data.ts";

await startLocalData();
let files = 0;

/** `failed.jsonl` for an input and the lines without an answer, a list for each batch. */
async function failed(input: Uint8Array, lists: number[][], header = 0, model = "m"): Promise<Buffer> {
  const key = `inbox/${++files}.jsonl`;
  await s3().send(new PutObjectCommand({ Bucket: bucket(), Key: key, Body: input }));
  const keys = lists.map((_, at) => `lists/${files}-${at}`);
  for (const [at, list] of lists.entries())
    await writeText(keys[at] ?? "", list.map((line) => `${line}\n`).join(""));
  const spec = JobSpec.parse({ provider: "openai", model });
  const file: JobFile = {
    spec,
    key,
    version: undefined,
    header,
    lines: 1,
    batches: [],
  };
  await writeFailed(file, keys, `failed/${files}`);
  return objectBytes(`failed/${files}`);
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
  expect(
    (await failed(INPUT, [[1, 4], [5]])).equals(
      Buffer.concat([
        Buffer.from("\ufeffone\r\n"),
        Buffer.from([0xff, 0xfe, 0x0a]),
        Buffer.from("five é\u2028\n"),
      ]),
    ),
  ).toBe(true);
});

test("the last line gets the newline that it lacks", async () => {
  expect((await failed(INPUT, [[6]])).toString()).toBe("six, without an end\n");
});

test("the header goes first, and only with lines", async () => {
  expect((await failed(INPUT, [[5]], 3)).toString()).toBe(" three \t\nfive é\u2028\n");
  expect((await failed(INPUT, [], 3)).toString()).toBe("");
});

test("every line, and none", async () => {
  expect(
    (
      await failed(INPUT, [
        [1, 2, 3],
        [4, 5, 6],
      ])
    ).equals(Buffer.concat([INPUT, Buffer.from("\n")])),
  ).toBe(true);
  expect(await failed(INPUT, [])).toHaveLength(0);
});

test("a gzip input comes out plain", async () => {
  expect((await failed(gzipSync(INPUT), [[3]])).toString()).toBe(" three \t\n");
});

test("lines that lie across many chunks", async () => {
  const lines = [1, 2, 3, 4].map((n) => `${String(n).repeat(700_000)}\n`);
  expect((await failed(Buffer.from(lines.join("")), [[2, 4]])).toString()).toBe(`${lines[1]}${lines[3]}`);
});

test("provider and model are in its metadata, so that it can be uploaded as it is; odd ones are left out", async () => {
  await failed(INPUT, [[1]]);
  expect((await headObject(`failed/${files}`))?.metadata).toEqual({ provider: "openai", model: "m" });
  await failed(INPUT, [[1]], 0, "modèle");
  expect((await headObject(`failed/${files}`))?.metadata).toEqual({ provider: "openai" });
});
