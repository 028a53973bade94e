/** What the engine's folder is when it is whole, and what is said when it is not. */
import {
  closeSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { DamagedFolderError } from "../../../../local/engine/damaged.ts";
import { openStores } from "../../../../local/engine/stores.ts";
import { openObject, putObject, writeText } from "../../../../shared/objects/objects.ts";
import { objects } from "../../../../shared/objects/store.ts";
import { getRecord, putNew, putRecord } from "../../../../shared/records/table.ts";

let dir: string;
beforeEach(() => {
  const parent = mkdtempSync(join(tmpdir(), "nightshift-folder-"));
  dir = join(parent, "engine");
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
});

/** A folder with some jobs' records and objects, closed. */
async function filled(): Promise<void> {
  const stores = openStores(dir);
  for (let job = 0; job < 50; job++) {
    await putNew({ pk: `job#${job}`, sk: "job", job_id: `job-${job}`, text: "t".repeat(500) });
    await writeText(`results/${job}/results.jsonl`, `answer ${job}\n`.repeat(1000));
  }
  stores.close();
}

const objectFile = (job: number) => globSync(`${dir}/objects/results~${job}~*`)[0] ?? "";

function overwrite(file: string, at: number, bytes: string): void {
  const handle = openSync(file, "r+");
  writeSync(handle, bytes, at);
  closeSync(handle);
}

test("only this user reads it", async () => {
  await filled();
  const files = globSync(`${dir}/**/*`);
  expect(files.length).toBeGreaterThan(50);
  for (const path of [dir, ...files]) {
    const { mode } = statSync(path);
    expect([path, mode & 0o077]).toEqual([path, 0]);
  }
});

test("a record whose bytes were changed: the folder is named and not opened", async () => {
  await filled();
  const file = join(dir, "engine.db");
  const at = readFileSync(file).indexOf("job-17");
  overwrite(file, at, "job-71");
  expect(() => openStores(dir)).toThrow(DamagedFolderError);
  expect(() => openStores(dir)).toThrow(/engine\.db is damaged: .*Nothing was sent/);
});

test("sixty bytes that were changed anywhere in the database are noticed, or in no record", async () => {
  await filled();
  const file = join(dir, "engine.db");
  const good = readFileSync(file);
  const whole = openStores(dir);
  const records = whole.table.all();
  whole.close();
  expect(records).toHaveLength(50);
  let noticed = 0;
  for (let at = 0; at + 60 < good.length; at += Math.ceil(good.length / 20)) {
    // All zeros already: nothing is damaged.
    if (!good.subarray(at, at + 60).some((byte) => byte !== 0)) continue;
    writeFileSync(file, good);
    overwrite(file, at, "\u0007".repeat(60));
    try {
      const stores = openStores(dir);
      expect([at, stores.table.all()]).toEqual([at, records]);
      stores.close();
    } catch (error) {
      expect(error, `bytes from ${at}`).toBeInstanceOf(DamagedFolderError);
      noticed++;
    }
  }
  expect(noticed).toBeGreaterThan(5);
});

test("a database that is gone, or is no database", async () => {
  await filled();
  const file = join(dir, "engine.db");
  writeFileSync(file, "not a database".repeat(100));
  expect(() => openStores(dir)).toThrow(DamagedFolderError);
  rmSync(file);
  expect(() => openStores(dir)).toThrow(/engine\.db is damaged: it is missing/);
});

test("a folder of an earlier version is not taken for one without jobs", () => {
  mkdirSync(join(dir, "dynamodb"), { recursive: true });
  expect(() => openStores(dir)).toThrow(/earlier Nightshift.*Nothing was sent/);
});

test("an object's file that is changed, cut or gone: its reader gets an error with the file's name", async () => {
  await filled();
  const stores = openStores(dir);
  onTestFinished(() => stores.close());
  overwrite(objectFile(1), 5000, "other");
  truncateSync(objectFile(2), 100);
  rmSync(objectFile(3));
  for (const job of [1, 2, 3]) {
    const read = async () => buffer(await openObject(`results/${job}/results.jsonl`));
    await expect(read(), `job ${job}`).rejects.toThrow(DamagedFolderError);
    const copy = (await objects()).copyTo?.(`results/${job}/results.jsonl`, join(dir, "copy"));
    await expect(copy, `copy ${job}`).rejects.toThrow(DamagedFolderError);
  }
  expect(globSync(`${dir}/copy*`)).toEqual([]);
});

test("a put that fails leaves what was there, and no file", async () => {
  await filled();
  const stores = openStores(dir);
  onTestFinished(() => stores.close());
  const before = globSync(`${dir}/objects/*`).length;
  const upload = await stores.objects.upload("results/1/results.jsonl", { contentType: "text/plain" });
  await upload.append(Buffer.from("half"));
  await upload.abort();
  expect(globSync(`${dir}/objects/*`)).toHaveLength(before);
  expect((await buffer(await openObject("results/1/results.jsonl"))).toString()).toContain("answer 1");
});

test("an object that is replaced while it is read is read to its end, as it was", async () => {
  const stores = openStores(dir);
  onTestFinished(() => stores.close());
  await putObject("large", Buffer.alloc(2_000_000, "a"));
  const body = await openObject("large");
  await putObject("large", "b");
  expect((await buffer(body)).equals(Buffer.alloc(2_000_000, "a"))).toBe(true);
  expect(globSync(`${dir}/objects/*`)).toHaveLength(1);
});

test("files that dead processes left are removed once they are old, and those in use are not", async () => {
  await filled();
  const stores = openStores(dir);
  onTestFinished(() => stores.close());
  const left = join(dir, "objects", "left");
  writeFileSync(left, "half");
  await stores.objects.removeLeftovers();
  expect(globSync(left)).toHaveLength(1);
  vi.useFakeTimers({ now: Date.now() + 2 * 86_400_000, toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  await stores.objects.removeLeftovers();
  expect(globSync(left)).toHaveLength(0);
  expect(globSync(`${dir}/objects/*`)).toHaveLength(50);
});

test("two processes beside each other: both write, and each sees what the other wrote", async () => {
  const [one, other] = [openStores(dir), openStores(dir)];
  onTestFinished(() => {
    for (const stores of [one, other]) stores.close();
  });
  await one.table.put({ Item: { pk: "a", sk: "b", by: "one" } });
  expect(await other.table.get({ Key: { pk: "a", sk: "b" } })).toEqual({
    Item: { pk: "a", sk: "b", by: "one" },
  });
  await putRecord({ pk: "a", sk: "b", by: "other" });
  expect((await one.table.get({ Key: { pk: "a", sk: "b" } })).Item?.by).toBe("other");
  expect(await getRecord({ pk: "none", sk: "none" })).toBeNull();
});

test.runIf(process.platform === "linux")("a body that is never read leaves no file open", async () => {
  await filled();
  const stores = openStores(dir);
  const openFiles = () =>
    readdirSync("/proc/self/fd").filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).includes("results.jsonl");
      } catch {
        return false;
      }
    }).length;
  const body = await openObject("results/1/results.jsonl");
  expect(openFiles()).toBe(1);
  // As an upload does whose connection failed.
  body.destroy();
  await vi.waitFor(() => expect(openFiles()).toBe(0));
  stores.close();
});
