/** Listings, page by page, while somebody deletes. */
import type OpenAI from "openai";
import { toFile } from "openai";
import { expect, test } from "vitest";
import { chatLines, collect, createOpenai, messageRequests, setup } from "./setup.ts";

async function upload(openai: OpenAI, name: string, purpose: OpenAI.FilePurpose = "batch"): Promise<string> {
  return (await openai.files.create({ file: await toFile(Buffer.from("{}\n"), name), purpose })).id;
}

test("files page in either order, also while each is deleted as it comes", async () => {
  const { openai } = await setup();
  const made: string[] = [];
  for (let n = 0; n < 5; n++) made.push(await upload(openai, `${n}.jsonl`));
  const forward = await collect(openai.files.list({ order: "asc", limit: 2 }));
  expect(forward.map(({ id }) => id)).toEqual(made);
  const deleted: string[] = [];
  for await (const { id } of openai.files.list({ limit: 2 })) {
    await openai.files.delete(id);
    deleted.push(id);
  }
  expect(deleted).toEqual(made.toReversed());
});

test("Anthropic's batches page while each is deleted as it comes", async () => {
  const { anthropic, pass } = await setup();
  const made: string[] = [];
  for (let n = 0; n < 5; n++)
    made.push((await anthropic.messages.batches.create({ requests: messageRequests(1) })).id);
  pass(100);
  const deleted: string[] = [];
  for await (const { id } of anthropic.messages.batches.list({ limit: 2 })) {
    await anthropic.messages.batches.delete(id);
    deleted.push(id);
  }
  expect(deleted).toEqual(made.toReversed());
});

test("a cursor that never was is a 400: the first page again would never end", async () => {
  const { openai, anthropic } = await setup();
  await createOpenai(openai, chatLines(1));
  const refused = { status: 400 };
  await expect(openai.batches.list({ after: "batch_none" })).rejects.toMatchObject(refused);
  await expect(openai.files.list({ after: "file-none" })).rejects.toMatchObject(refused);
  await expect(anthropic.messages.batches.list({ after_id: "msgbatch_none" })).rejects.toMatchObject(refused);
  await expect(anthropic.messages.batches.list({ before_id: "msgbatch_none" })).rejects.toMatchObject(
    refused,
  );
});

test("a file that has expired is not listed", async () => {
  const { openai, pass } = await setup();
  await upload(openai, "input.jsonl");
  const kept = await upload(openai, "notes.txt", "user_data");
  pass(30 * 24 * 3600);
  expect((await collect(openai.files.list())).map(({ id }) => id)).toEqual([kept]);
});
