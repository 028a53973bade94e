/** Mistral's batch jobs by its official SDK, whose schemas check what the sandbox answers. */
import { Mistral } from "@mistralai/mistralai";
import { expect, test } from "vitest";
import type { SandboxOptions } from "../../../../local/sandbox/sandbox.ts";
import { setup } from "./setup.ts";

const MODEL = "mistral-small-latest";

async function mistral(options?: SandboxOptions) {
  const given = await setup(options);
  const serverURL = given.sandbox.baseUrls.mistral.replace(/\/v1$/, "");
  return { ...given, client: new Mistral({ apiKey: "k", serverURL }) };
}

function line(custom_id: string, body: object = {}): string {
  const messages = [{ role: "user", content: `Define the word ${custom_id}.` }];
  return JSON.stringify({ custom_id, body: { messages, max_tokens: 100, ...body } });
}

async function upload(client: Mistral, lines: string[]): Promise<string> {
  const file = { fileName: "requests.jsonl", content: Buffer.from(`${lines.join("\n")}\n`) };
  return (await client.files.upload({ file, purpose: "batch" })).id;
}

async function create(client: Mistral, lines: string[], params: object = {}) {
  const inputFiles = [await upload(client, lines)];
  return await client.batch.jobs.create({
    inputFiles,
    model: MODEL,
    endpoint: "/v1/chat/completions",
    metadata: { mark: "abc" },
    ...params,
  });
}

async function linesOf(client: Mistral, fileId: string | null | undefined): Promise<object[]> {
  const text = await new Response(await client.files.download({ fileId: String(fileId) })).text();
  return text
    .trim()
    .split("\n")
    .map((one) => JSON.parse(one));
}

test("a job runs to its end; result lines are OpenAI's, errors are in a file of their own", async () => {
  const { client, pass, sandbox } = await mistral();
  const job = await create(client, [line("a"), line("b"), line("c", { messages: [] })]);
  expect(job).toMatchObject({ status: "QUEUED", totalRequests: 0, metadata: { mark: "abc" }, model: MODEL });
  pass(50);
  expect(await client.batch.jobs.get({ jobId: job.id })).toMatchObject({
    status: "RUNNING",
    totalRequests: 3,
  });
  pass(50);
  const ended = await client.batch.jobs.get({ jobId: job.id });
  expect(ended).toMatchObject({
    status: "SUCCESS",
    succeededRequests: 2,
    failedRequests: 1,
    completedRequests: 3,
  });
  const results = await linesOf(client, ended.outputFile);
  expect(results).toHaveLength(2);
  expect(results[0]).toMatchObject({ response: { status_code: 200, body: { model: MODEL } }, error: null });
  expect(await linesOf(client, ended.errorFile)).toMatchObject([
    { custom_id: "c", response: { status_code: 400 } },
  ]);
  expect((await sandbox.stats()).mistral.requests_billed).toBe(2);
});

test("a list is filtered by metadata on the server, as the SDK sends it", async () => {
  const { client } = await mistral();
  const { id } = await create(client, [line("a")]);
  await create(client, [line("a")], { metadata: { mark: "other" } });
  const found = await client.batch.jobs.list({ metadata: { mark: "abc" }, orderBy: "-created" });
  expect(found.data?.map((job) => job.id)).toEqual([id]);
  expect((await client.batch.jobs.list()).total).toBe(2);
});

test("cancelled, timed out, failed: Mistral's words", async () => {
  const { client, pass } = await mistral({ latencySeconds: 7200 });
  const cancelled = await create(client, [line("a")]);
  expect((await client.batch.jobs.cancel({ jobId: cancelled.id })).status).toBe("CANCELLATION_REQUESTED");
  const late = await create(client, [line("a")], { timeoutHours: 1 });
  const broken = await create(client, ["no json"]);
  pass(4000);
  const statuses = await Promise.all(
    [cancelled, late, broken].map(async ({ id }) => (await client.batch.jobs.get({ jobId: id })).status),
  );
  expect(statuses).toEqual(["CANCELLED", "TIMEOUT_EXCEEDED", "FAILED"]);
  expect((await client.batch.jobs.get({ jobId: broken.id })).errors).toEqual([
    { message: "Invalid JSON line.", count: 1 },
  ]);
});

test("unknown models and endpoints are refused, inline requests taken, one request answered at once", async () => {
  const { client, pass } = await mistral();
  await expect(create(client, [line("a")], { model: "mistral-smal-latest" })).rejects.toMatchObject({
    statusCode: 400,
  });
  await expect(create(client, [line("a")], { endpoint: "/v1/ocr" })).rejects.toMatchObject({
    statusCode: 422,
  });
  const body = { messages: [{ role: "user", content: "Hi" }] };
  const inline = await client.batch.jobs.create({
    requests: [{ customId: "a", body }],
    model: MODEL,
    endpoint: "/v1/chat/completions",
  });
  pass(100);
  expect((await client.batch.jobs.get({ jobId: inline.id })).succeededRequests).toBe(1);
  const answer = await client.chat.complete({ model: MODEL, messages: [{ role: "user", content: "Hi" }] });
  expect(answer.choices[0]?.message?.content).toContain("Hi");
});
