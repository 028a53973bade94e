import { expect, onTestFinished, test, vi } from "vitest";
import { ObjectWriter } from "../../../../shared/objects/object-writer.ts";
import { headObject } from "../../../../shared/objects/objects.ts";
import type { ObjectStore } from "../../../../shared/objects/port.ts";
import { objects, useObjects } from "../../../../shared/objects/store.ts";
import { startAwsServers } from "../../../harness/aws-servers.ts";
import { objectBytes } from "../../../harness/local-data.ts";

const s3 = await startAwsServers();

/** Ids of the multipart uploads that were begun and neither completed nor aborted. */
const openUploads = new Set<unknown>();
s3.middlewareStack.add((next, { commandName }) => async (args) => {
  const answer = await next(args);
  const { UploadId } = { ...(answer.output as object), ...args.input } as { UploadId?: string };
  if (commandName === "CreateMultipartUploadCommand") openUploads.add(UploadId);
  if (commandName === "CompleteMultipartUploadCommand" || commandName === "AbortMultipartUploadCommand") {
    openUploads.delete(UploadId);
  }
  return answer;
});

test("text and bytes of many parts come out as they went in, characters across parts included", async () => {
  const writer = new ObjectWriter("many");
  const pieces: Buffer[] = [];
  // 1,000 bytes of three-byte characters do not divide a part: some lie across two.
  for (let at = 0; at < 21_000; at++) {
    const text = `${at} ${"€".repeat(333)}\n`;
    pieces.push(Buffer.from(text));
    await writer.write(at % 2 === 0 ? text : Buffer.from(text));
  }
  const large = Buffer.alloc(17 * 1024 * 1024, "large");
  pieces.push(large);
  await writer.write(large);
  await writer.close();
  const whole = Buffer.concat(pieces);
  expect(writer.bytes).toBe(whole.length);
  expect((await objectBytes("many")).equals(whole)).toBe(true);
});

test("an object of any length stays below S3's 10,000 parts", async () => {
  const s3Objects = await objects();
  const parts: Buffer[] = [];
  const upload = {
    append: async (bytes: Buffer) => void parts.push(Buffer.from(bytes)),
    complete: async () => {},
  };
  useObjects({ partBytes: 4, upload: async () => upload } as unknown as ObjectStore);
  onTestFinished(() => useObjects(s3Objects));
  const writer = new ObjectWriter("long");
  const whole = Buffer.from(Array.from({ length: 80_000 }, (_, at) => at % 251));
  for (let at = 0; at < whole.length; at += 37) await writer.write(whole.subarray(at, at + 37));
  await writer.close();
  expect(Buffer.concat(parts).equals(whole)).toBe(true);
  expect(parts.length).toBeLessThan(10_000);
});

test("small and empty objects, with their metadata", async () => {
  const writer = new ObjectWriter("small", { metadata: { model: "m" } });
  await writer.write("ü");
  await writer.close();
  expect(await headObject("small")).toMatchObject({ bytes: 2, metadata: { model: "m" } });
  await new ObjectWriter("empty").close();
  expect(await headObject("empty")).toMatchObject({ bytes: 0 });
});

test("what is given up leaves neither an object nor parts", async () => {
  const writer = new ObjectWriter("given-up");
  await writer.write(Buffer.alloc(20 * 1024 * 1024));
  expect(openUploads.size).toBe(1);
  await writer.abort();
  expect(openUploads.size).toBe(0);
  expect(await headObject("given-up")).toBeNull();
});

test("a part that cannot be sent fails the writer", async () => {
  vi.stubEnv("BUCKET_NAME", "no-such-bucket");
  onTestFinished(() => void vi.unstubAllEnvs());
  const writer = new ObjectWriter("nowhere");
  const write = async () => {
    for (let at = 0; at < 4; at++) await writer.write(Buffer.alloc(8 * 1024 * 1024));
    await writer.close();
  };
  await expect(write()).rejects.toThrow("bucket");
});
