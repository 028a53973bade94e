import { expect, test } from "vitest";
import { InvalidJobError } from "../../../shared/errors.ts";
import { readSource } from "../../../shared/job-source.ts";
import { writeText } from "../../../shared/objects.ts";
import { startLocalData } from "./local-data.ts";

await startLocalData();

const KEY = "inbox/Some data (v2).jsonl.gz";
const idOf = async (job?: Record<string, unknown>) =>
  (await readSource({ key: KEY, ...(job && { job }) })).job_id;

test("a job's id names the file and depends on content and settings", async () => {
  await writeText(KEY, "one");
  const id = await idOf();
  expect(id).toMatch(/^Some-data-v2-[0-9a-f]{12}$/);
  expect(await idOf()).toBe(id);
  const openai = await idOf({ provider: "openai", model: "m" });
  expect(openai).not.toBe(id);
  expect(await idOf({ model: "m", provider: "openai" })).toBe(openai);
  expect(await idOf({ model: "other", provider: "openai" })).not.toBe(openai);
  await writeText(KEY, "two");
  expect(await idOf()).not.toBe(id);
});

test("another pace is the same job", async () => {
  await writeText(KEY, "one");
  const job = { provider: "openai", model: "m" };
  const id = await idOf(job);
  expect(await idOf({ ...job, min_poll_seconds: 5, max_concurrent_batches: 2 })).toBe(id);
  expect(await idOf({ ...job, max_rounds: 2 })).not.toBe(id);
});

test("an event of S3 is told apart by its sequencer where there are no versions", async () => {
  await writeText(KEY, "one");
  const event = (sequencer: string) => ({
    bucket: { name: "b" },
    object: { key: KEY, etag: "e", sequencer },
  });
  const first = await readSource(event("1"));
  expect((await readSource(event("1"))).job_id).toBe(first.job_id);
  expect((await readSource(event("2"))).job_id).not.toBe(first.job_id);
});

test("a key without an object is no error here; an input without a key is", async () => {
  expect((await readSource({ key: "inbox/none.jsonl" })).object).toBeNull();
  await expect(readSource({ file: "x" })).rejects.toThrow(InvalidJobError);
});
