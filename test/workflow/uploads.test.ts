/** What the trigger starts for an upload: a job, nothing at all, or a failed job and a note beside the file. */
import { expect, test } from "vitest";
import { readText } from "../../shared/objects/objects.ts";
import { itemLine, startWorld, statesOf } from "../harness/harness.ts";

const world = await startWorld();
const uploaded = true;
const metadata = { provider: "openai", model: "gpt-4.1-mini" };
const noteBeside = (key: string) => readText(`${key}.not-a-job.txt`);

test.each(["DATA.JSONL", "items.ndjson", "items", "acme/items.txt"])(
  "%s becomes a job by its content",
  async (name) => {
    await world.sandbox();
    const run = await world.run([itemLine("a", "Hello.")], { name, metadata, uploaded });
    expect(run.summary).toMatchObject({ status: "completed", counts: { succeeded: 1 } });
    expect(await noteBeside(run.key)).toBeNull();
  },
);

test.each(["slip.jsonl", "Slip.XLSX"])(
  "%s, which can be no job, leaves a failed job and a note beside it",
  async (name) => {
    const run = await world.run([itemLine("a", "Hello.")], {
      name,
      metadata: { provider: "nobody" },
      uploaded,
    });
    expect(run.record).toMatchObject({
      status: "failed",
      error: expect.stringContaining('provider "nobody"'),
    });
    const note = await noteBeside(run.key);
    expect(note).toContain(`inbox/${name} did not become a job of Nightshift.`);
    expect(note).toContain(String(run.record?.error));
  },
);

test("a failed job that a person started leaves no note", async () => {
  const run = await world.run([itemLine("a", "Hello.")], { job: { provider: "nobody" } });
  expect(run.record?.status).toBe("failed");
  expect(await noteBeside(run.key)).toBeNull();
});

test.each([
  "folder/",
  "slip.jsonl.not-a-job.txt",
  "_/0123456789ab/data",
  "acme/0123456789ab/data.0123456789ab.settings.json",
])("%s starts nothing, and leaves nothing", async (name) => {
  const run = await world.run([itemLine("a", "Hello.")], { name, metadata, uploaded });
  expect(statesOf(run)).toEqual(["PrepareJob", "JobPrepared?", "AlreadyStarted"]);
  expect(run.record).toBeNull();
  expect(await noteBeside(run.key)).toBeNull();
});
