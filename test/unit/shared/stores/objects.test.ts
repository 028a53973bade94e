/** What S3 does, on every store of ours. */
import { buffer, text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import {
  NoSuchObjectError,
  ObjectChangedError,
  RangeNotSatisfiableError,
} from "../../../../shared/objects/port.ts";
import { allStores } from "../../../harness/stores.ts";

const stores = await allStores();
const MIB = 1024 * 1024;
const JSONL = { contentType: "application/jsonl" };

describe.each([...stores])("%s", (name, { objects }) => {
  test("an object is as it was put, with its metadata, and another put replaces it", async () => {
    expect(await objects.head("put/a")).toBeNull();
    await objects.put("put/a", "first, é", { ...JSONL, metadata: { model: "m" } });
    const first = await objects.head("put/a");
    expect(first).toMatchObject({ bytes: 9, metadata: { model: "m" } });
    expect(await text(await objects.open("put/a", {}))).toBe("first, é");
    await objects.put("put/a", Buffer.from("second"), JSONL);
    const second = await objects.head("put/a");
    expect(second).toMatchObject({ bytes: 6, metadata: {} });
    expect(second?.etag).not.toBe(first?.etag);
    expect(await text(await objects.open("put/a", {}))).toBe("second");
    await objects.put("put/empty", "", JSONL);
    expect(await objects.head("put/empty")).toMatchObject({ bytes: 0 });
    expect(await text(await objects.open("put/empty", {}))).toBe("");
  });

  test("the same content has the same ETag", async () => {
    await objects.put("etag/a", "content", JSONL);
    await objects.put("etag/b", "content", JSONL);
    expect((await objects.head("etag/a"))?.etag).toBe((await objects.head("etag/b"))?.etag);
  });

  test("a key is a text, and no path", async () => {
    const keys = ["../../escape", "a/../b", ".", "a//b", "/root", "é ü/%2F+&?#", `long/${"k".repeat(900)}`];
    // What fauxqs makes of `..` is its own.
    const own = name === "fauxqs and dynalite" ? keys.slice(5) : keys;
    for (const key of own) await objects.put(key, key, JSONL);
    for (const key of own) expect(await text(await objects.open(key, {}))).toBe(key);
  });

  test("what is not there", async () => {
    await expect(objects.open("none", {})).rejects.toThrow(NoSuchObjectError);
    await expect(objects.open("none", { range: "bytes=0-1" })).rejects.toThrow(NoSuchObjectError);
  });

  test("ranges", async () => {
    await objects.put("range", "0123456789", JSONL);
    const part = async (range: string) => text(await objects.open("range", { range }));
    expect(await part("bytes=0-1")).toBe("01");
    expect(await part("bytes=8-")).toBe("89");
    expect(await part("bytes=8-100")).toBe("89");
    expect(await part("bytes=0-9")).toBe("0123456789");
    await expect(part("bytes=10-")).rejects.toThrow(RangeNotSatisfiableError);
  });

  test("a read that wants an ETag is refused when the object has another by now", async () => {
    await objects.put("match", "one", JSONL);
    const { etag = "" } = (await objects.head("match")) ?? {};
    expect(await text(await objects.open("match", { etag }))).toBe("one");
    await objects.put("match", "another", JSONL);
    await expect(objects.open("match", { etag })).rejects.toThrow(ObjectChangedError);
  });

  test("an upload: parts in the order of the calls, copies and ranges among them; nothing is there until it is complete", async () => {
    const source = Buffer.alloc(6 * MIB, "source");
    source.write("begins");
    await objects.put("upload/source", source, JSONL);
    const upload = await objects.upload("upload/target", { ...JSONL, metadata: { model: "m" } });
    const large = Buffer.alloc(5 * MIB, "large");
    await Promise.all([
      upload.append(large),
      upload.copy("upload/source", 0, source.length, true),
      upload.copy("upload/source", 100, 5 * MIB, false),
      upload.append(Buffer.from("end")),
    ]);
    expect(await objects.head("upload/target")).toBeNull();
    await upload.complete();
    const whole = Buffer.concat([large, source, source.subarray(100, 100 + 5 * MIB), Buffer.from("end")]);
    expect(await objects.head("upload/target")).toMatchObject({
      bytes: whole.length,
      metadata: { model: "m" },
    });
    expect((await buffer(await objects.open("upload/target", {}))).equals(whole)).toBe(true);
  });

  test("an upload that is given up, or whose source is missing, leaves what is there", async () => {
    await objects.put("abort/target", "before", JSONL);
    const upload = await objects.upload("abort/target", JSONL);
    await upload.append(Buffer.alloc(5 * MIB));
    await expect(upload.copy("abort/none", 0, 6 * MIB, true)).rejects.toThrow();
    await upload.abort();
    expect(await text(await objects.open("abort/target", {}))).toBe("before");
  });

  test("a listing: all keys of a prefix, in the order of their bytes, over pages", async () => {
    // By the language's rules the order would be another, and by UTF-16 that of the last two.
    const names = ["A", "B", "Z", "_", "a", "b", "é", "\uff5e", "\u{1f600}"];
    const keys = names.map((key) => `list/in/${key}`);
    for (const key of [...keys].reverse()) await objects.put(key, "x", JSONL);
    await objects.put("list/i", "x", JSONL);
    await objects.put("list/io", "x", JSONL);
    const listed: string[] = [];
    for await (const page of objects.list("list/in/")) listed.push(...page);
    // fauxqs orders by the language's rules.
    expect(name === "fauxqs and dynalite" ? listed.sort() : listed).toEqual(
      name === "fauxqs and dynalite" ? [...keys].sort() : keys,
    );
    const none: string[] = [];
    for await (const page of objects.list("nothing/")) none.push(...page);
    expect(none).toEqual([]);
  });
});
