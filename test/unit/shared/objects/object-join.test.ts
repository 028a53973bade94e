import { expect, test } from "vitest";
import { joinObjects } from "../../../../shared/objects/object-join.ts";
import { headObject, putObject } from "../../../../shared/objects/objects.ts";
import { startAwsServers } from "../../../harness/aws-servers.ts";
import { objectBytes } from "../../../harness/local-data.ts";

const s3 = await startAwsServers();
const MIB = 1024 * 1024;

/** Which calls S3 got, to see that large objects do not pass through this process. */
const calls: string[] = [];
s3.middlewareStack.add((next, { commandName }) => (args) => {
  calls.push(commandName ?? "");
  return next(args);
});

/** Writes objects of these sizes and joins them; each byte tells where it is from. */
async function join(name: string, sizes: number[]) {
  const pieces = sizes.map((size, at) => {
    const bytes = Buffer.alloc(size, at + 1);
    for (let byte = 0; byte + 4 <= size; byte += 4) bytes.writeUInt32LE(at * 50_000_000 + byte, byte);
    return bytes;
  });
  const parts = pieces.map((bytes, at) => ({ key: `${name}/part ${at} é.jsonl`, bytes: bytes.length }));
  for (const [at, Body] of pieces.entries()) {
    await putObject(parts[at]?.key ?? "", Body);
  }
  calls.length = 0;
  await joinObjects(parts, `${name}/joined`);
  const counts = (command: string) => calls.filter((call) => call === command).length;
  const copied = counts("UploadPartCopyCommand");
  const uploaded = counts("UploadPartCommand");
  expect((await objectBytes(`${name}/joined`)).equals(Buffer.concat(pieces))).toBe(true);
  return {
    copied,
    uploaded,
    put: counts("PutObjectCommand"),
    aborted: counts("AbortMultipartUploadCommand"),
  };
}

test.each([
  ["none", [], { copied: 0, uploaded: 0, put: 1 }],
  ["one-empty", [0], { copied: 0, uploaded: 0, put: 1 }],
  ["small", [100, 0, 7, 4096], { copied: 0, uploaded: 0, put: 1 }],
  ["one-large", [6 * MIB], { copied: 1, uploaded: 0, put: 0 }],
  ["exactly-one-part", [5 * MIB], { copied: 1, uploaded: 0, put: 0 }],
  ["large-then-small", [6 * MIB, 100], { copied: 1, uploaded: 1, put: 0 }],
  ["small-then-large", [100, 11 * MIB], { copied: 1, uploaded: 1, put: 0 }],
  ["many-small", Array.from({ length: 9 }, (_, at) => 700_000 + at), { copied: 0, uploaded: 2, put: 0 }],
  ["mixed", [3, 11 * MIB, 2 * MIB, 8 * MIB, 0, 5 * MIB + 1, 9], { copied: 3, uploaded: 3, put: 0 }],
] as const)("%s", { timeout: 120_000 }, async (name, sizes, expected) => {
  expect(await join(name, [...sizes])).toEqual({ ...expected, aborted: 0 });
});

test("many large parts: sixteen are copied at once, and come in their order", {
  timeout: 120_000,
}, async () => {
  let running = 0;
  let most = 0;
  s3.middlewareStack.add((next, { commandName }) => async (args) => {
    if (commandName !== "UploadPartCopyCommand") return next(args);
    most = Math.max(most, ++running);
    return next(args).finally(() => running--);
  });
  const sizes = Array.from({ length: 20 }, () => 5 * MIB);
  expect(await join("at-once", sizes)).toMatchObject({ copied: 20, uploaded: 0 });
  expect(most).toBe(16);
});

test.each([
  ["small", 100],
  ["large", 6 * MIB],
])("%s objects that must not be joined after all leave what is there", async (name, size) => {
  await join(`kept-${name}`, [size]);
  const before = await headObject(`kept-${name}/joined`);
  const parts = [{ key: `kept-${name}/part 0 é.jsonl`, bytes: size }];
  const beforeEnd = () => Promise.reject(new Error("not yours"));
  calls.length = 0;
  const joining = joinObjects(parts, `kept-${name}/joined`, { beforeEnd });
  await expect(joining).rejects.toThrow("not yours");
  expect(await headObject(`kept-${name}/joined`)).toEqual(before);
  expect(calls.includes("AbortMultipartUploadCommand")).toBe(size > 5 * MIB);
});

test("a part that is not there leaves nothing behind", async () => {
  const parts = [
    { key: "missing/a", bytes: 6 * MIB },
    { key: "missing/b", bytes: 6 * MIB },
  ];
  calls.length = 0;
  await expect(joinObjects(parts, "missing/joined")).rejects.toThrow();
  expect(calls).toContain("AbortMultipartUploadCommand");
  expect(await headObject("missing/joined")).toBeNull();
});
