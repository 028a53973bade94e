import { gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { InvalidJobError } from "../../../../shared/errors.ts";
import { objectSource } from "../../../../shared/objects/input.ts";
import { headObject, putObject } from "../../../../shared/objects/objects.ts";
import { inputKind } from "../../../../shared/streams/input-kind.ts";
import { utf8Bytes } from "../../../../shared/streams/reader.ts";
import { bytesOf, startLocalData } from "../../../harness/local-data.ts";

await startLocalData();

/** The plain text of an object, as a job reads it. */
async function* openInput(key: string, from = 0): AsyncGenerator<Uint8Array> {
  const { bytes = 0 } = (await headObject(key)) ?? {};
  const source = objectSource(key, undefined, bytes);
  yield* utf8Bytes(source, await inputKind(source), from);
}

async function put(Key: string, Body: Uint8Array): Promise<void> {
  await putObject(Key, Body);
}

const TEXT = Buffer.from(Array.from({ length: 40_000 }, (_, at) => `{"custom_id":"item-${at}"}\n`).join(""));

test("plain bytes as they are, gzip unzipped whatever its name", async () => {
  await put("inbox/plain.jsonl", TEXT);
  await put("inbox/zipped.jsonl", gzipSync(TEXT));
  expect((await bytesOf(openInput("inbox/plain.jsonl"))).equals(TEXT)).toBe(true);
  expect((await bytesOf(openInput("inbox/zipped.jsonl"))).equals(TEXT)).toBe(true);
});

test("gzip of several members, as `cat a.gz b.gz` makes it", async () => {
  await put("inbox/members.gz", Buffer.concat([gzipSync('{"a":1}\n'), gzipSync('{"a":2}\n')]));
  expect((await bytesOf(openInput("inbox/members.gz"))).toString()).toBe('{"a":1}\n{"a":2}\n');
});

test("broken gzip is an invalid job", async () => {
  const zipped = gzipSync(TEXT);
  await put("inbox/cut.gz", zipped.subarray(0, zipped.length / 2));
  await put("inbox/fake.gz", Buffer.from([0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
  for (const key of ["inbox/cut.gz", "inbox/fake.gz"]) {
    await expect(bytesOf(openInput(key))).rejects.toThrow(InvalidJobError);
  }
});

test("an empty object has no bytes", async () => {
  await put("inbox/empty", Buffer.alloc(0));
  expect(await bytesOf(openInput("inbox/empty"))).toHaveLength(0);
});

test.for(["plain", "gzip", "zstd"])("%s is read on from any byte", async (kind) => {
  const packed = { plain: TEXT, gzip: gzipSync(TEXT), zstd: zstdCompressSync(TEXT) }[kind] ?? TEXT;
  await put(`inbox/from-${kind}`, packed);
  for (const from of [0, 1, 70_000, TEXT.length - 1, TEXT.length])
    expect((await bytesOf(openInput(`inbox/from-${kind}`, from))).equals(TEXT.subarray(from))).toBe(true);
});

/** The client has 50 connections: a reader that stops early and keeps one would stop the process at the 51st. */
test.for(["plain.jsonl", "zipped.jsonl"])(
  "readers that stop early give their connection back: %s",
  async (name) => {
    await put(`inbox/${name}`, name === "plain.jsonl" ? TEXT : gzipSync(TEXT, { level: 0 }));
    for (let at = 0; at < 60; at++) {
      for await (const chunk of openInput(`inbox/${name}`)) if (chunk.length > 0) break;
    }
    expect(await headObject(`inbox/${name}`)).not.toBeNull();
  },
);
