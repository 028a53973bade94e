/** The sandbox's own S3, by AWS's SDK: what Bedrock needs when nobody has a bucket. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { unchunked } from "../../../../local/sandbox/s3/aws-chunked.ts";
import { setup } from "./setup.ts";

const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret" };
const Bucket = "mine";

async function s3(dir?: string) {
  const { sandbox } = await setup(dir === undefined ? {} : { dir });
  const client = new S3Client({
    endpoint: sandbox.s3Url,
    region: "us-east-1",
    credentials,
    forcePathStyle: true,
    maxAttempts: 1,
  });
  const read = async (Key: string, Range?: string) => {
    const { Body, ContentRange } = await client.send(new GetObjectCommand({ Bucket, Key, Range }));
    return { text: await Body?.transformToString(), range: ContentRange };
  };
  return { sandbox, client, read };
}

test("a stream comes back as it went, whole or in part, and goes when it is deleted", async () => {
  const { client, read } = await s3();
  const text = "0123456789".repeat(30_000);
  const Body = Readable.from([Buffer.from(text.slice(0, 7)), Buffer.from(text.slice(7))]);
  const Key = "night/a b+ü/in.jsonl";
  await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentLength: text.length }));
  expect((await read(Key)).text).toBe(text);
  expect(await read(Key, "bytes=5-9")).toEqual({ text: "56789", range: `bytes 5-9/${text.length}` });
  const { ContentLength } = await client.send(new HeadObjectCommand({ Bucket, Key }));
  expect(ContentLength).toBe(text.length);
  await client.send(new DeleteObjectCommand({ Bucket, Key }));
  await expect(read(Key)).rejects.toMatchObject({ name: "NoSuchKey" });
});

test("a bucket is listed by prefix, and knows its objects after a restart", async () => {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-s3-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const first = await s3(dir);
  for (const Key of ["a/2", "a/1", "b/1", "a/<&>"])
    await first.client.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  await first.client.send(new PutObjectCommand({ Bucket: "other", Key: "a/3", Body: "x" }));
  await first.sandbox.close();
  const { client, read } = await s3(dir);
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: "a/" }));
  expect(Contents.map(({ Key, Size }) => [Key, Size])).toEqual([
    ["a/1", 3],
    ["a/2", 3],
    ["a/<&>", 5],
  ]);
  expect((await read("b/1")).text).toBe("b/1");
});

test("a call without a signature, and one that it does not have, are refused in S3's words", async () => {
  const { sandbox, client } = await s3();
  const unsigned = await fetch(`${sandbox.s3Url}/mine/key`);
  expect([unsigned.status, await unsigned.text()]).toEqual([403, expect.stringContaining("AccessDenied")]);
  await expect(client.send(new CreateMultipartUploadCommand({ Bucket, Key: "k" }))).rejects.toMatchObject({
    name: "NotImplemented",
  });
});

test("a chunked body is put together, wherever its pieces are cut; a broken one is refused", async () => {
  const text = async (pieces: Buffer[]) => {
    const parts: Buffer[] = [];
    for await (const part of unchunked(Readable.from(pieces))) parts.push(part);
    return Buffer.concat(parts).toString();
  };
  const body = Buffer.from(
    "a;chunk-signature=0f\r\n0123\r\n6789\r\n3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
  );
  const cuts = fc.uniqueArray(fc.nat(body.length), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(cuts, async (places) => {
      const sorted = [0, ...places.sort((a, b) => a - b), body.length];
      const pieces = sorted.slice(1).map((end, at) => body.subarray(sorted[at], end));
      expect(await text(pieces)).toBe("0123\r\n6789abc");
    }),
  );
  await expect(text([body.subarray(0, 30)])).rejects.toThrow("before its last chunk");
  await expect(text([Buffer.from("zz\r\n")])).rejects.toThrow("aws-chunked");
});
