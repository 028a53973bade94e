/** What OpenAI refuses at upload, before there is a batch. */
import { toFile } from "openai";
import { expect, test } from "vitest";
import { collect, setup } from "./setup.ts";

const HOUR = 3600;

test.each([
  ["another file format", "data.txt", { purpose: "batch" }, "Must be .jsonl"],
  [
    "an unknown purpose",
    "data.jsonl",
    { purpose: "batches" },
    "'batches' is not one of ['assistants', 'batch'",
  ],
  [
    "an expiry within the hour",
    "data.jsonl",
    { purpose: "batch", expires_after: { anchor: "created_at", seconds: HOUR - 1 } },
    "Invalid 'expires_after'",
  ],
  [
    "an expiry from another moment",
    "data.jsonl",
    { purpose: "batch", expires_after: { anchor: "last_active_at", seconds: HOUR } },
    "Invalid 'expires_after'",
  ],
])("%s is a 400, and leaves no file", async (_name, filename, params, message) => {
  const { openai } = await setup();
  const upload = openai.files.create({
    file: await toFile(Buffer.from("{}\n"), filename),
    ...params,
  } as never);
  await expect(upload).rejects.toMatchObject({ status: 400, message: expect.stringContaining(message) });
  expect(await collect(openai.files.list())).toEqual([]);
});

test("a file that is not UTF-8 is a 400 for a batch, wherever it breaks off; other files may be anything", async () => {
  const { openai } = await setup();
  const text = Buffer.from('{"ü":1}\n');
  for (const bytes of [Buffer.from('{"ü":1}\n', "utf16le"), text.subarray(0, 3), Buffer.from([0xff])]) {
    const create = async (purpose: "batch" | "user_data") =>
      await openai.files.create({ file: await toFile(bytes, "data.jsonl"), purpose });
    await expect(create("batch")).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("Must be utf-8 encoded"),
    });
    await create("user_data");
  }
});

test("an upload says how long it is kept", async () => {
  const { openai } = await setup();
  const file = await toFile(Buffer.from("{}\n"), "data.jsonl");
  const { created_at, expires_at } = await openai.files.create({
    file,
    purpose: "batch",
    expires_after: { anchor: "created_at", seconds: HOUR },
  });
  expect(expires_at).toBe(created_at + HOUR);
});

test("a base URL without its path is answered with the paths there are", async () => {
  const { sandbox } = await setup();
  const answer = await fetch(`http://127.0.0.1:${sandbox.port}/api/batches`);
  expect(answer.status).toBe(404);
  expect(await answer.text()).toContain("/openai/v1 (openai), /anthropic (anthropic)");
});
