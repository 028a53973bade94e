/** Gemini's files and batches by its official SDK; downloads by REST. */
import { GoogleGenAI } from "@google/genai";
import { expect, test } from "vitest";
import { namedFaults } from "../../../../local/sandbox/named-faults.ts";
import type { SandboxOptions } from "../../../../local/sandbox/sandbox.ts";
import { setup } from "./setup.ts";

const MODEL = "gemini-2.5-flash";

async function gemini(options?: SandboxOptions) {
  const given = await setup(options);
  const baseUrl = given.sandbox.baseUrls.gemini;
  const ai = new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl } });
  const rest = async (path: string, init: RequestInit = {}) =>
    await fetch(`${baseUrl}${path}`, { ...init, headers: { "x-goog-api-key": "k", ...init.headers } });
  const operation = async (name: string) => (await (await rest(`/v1beta/${name}`)).json()) as Operation;
  return { ...given, ai, rest, operation };
}

interface Operation {
  done?: boolean;
  metadata: { state: string; batchStats: Record<string, string> };
  response?: { responsesFile: string };
  error?: { code: number; message: string };
}

type Given = Awaited<ReturnType<typeof gemini>>;

function line(key: string, request: object = {}): string {
  const contents = [{ role: "user", parts: [{ text: `Define the word ${key}.` }] }];
  return JSON.stringify({ key, request: { contents, ...request } });
}

async function create({ ai }: Given, lines: string[], model = MODEL): Promise<string> {
  const file = new Blob([`${lines.join("\n")}\n`], { type: "application/jsonl" });
  const { name: src } = await ai.files.upload({
    file,
    config: { displayName: "requests", mimeType: "application/jsonl" },
  });
  const { name } = await ai.batches.create({ model, src: String(src), config: { displayName: "mark-1" } });
  return String(name);
}

async function results(
  given: Given,
  name: string,
): Promise<{ key: string; response?: object; error?: object }[]> {
  const { response } = await given.operation(name);
  const answer = await given.rest(`/download/v1beta/${response?.responsesFile}:download?alt=media`);
  return (await answer.text())
    .trim()
    .split("\n")
    .map((one) => JSON.parse(one));
}

test("a batch of a file: states, counts as text, responses in the order of the requests, errors among them", async () => {
  const given = await gemini();
  const keys = Array.from({ length: 30 }, (_, at) => `item-${at}`);
  const bad = line("bad", { contents: [] });
  const name = await create(given, [...keys.map((key) => line(key)), bad]);
  expect(await given.operation(name)).toMatchObject({ metadata: { state: "BATCH_STATE_PENDING" } });
  given.pass(50);
  const running = await given.operation(name);
  expect(running.metadata).toMatchObject({
    state: "BATCH_STATE_RUNNING",
    batchStats: { requestCount: "31" },
  });
  expect(running.done).toBeUndefined();
  given.pass(50);
  const job = await given.ai.batches.get({ name });
  expect(job).toMatchObject({
    state: "JOB_STATE_SUCCEEDED",
    displayName: "mark-1",
    dest: { fileName: expect.any(String) },
  });
  const { metadata, done } = await given.operation(name);
  expect([done, metadata.batchStats]).toMatchObject([
    true,
    { successfulRequestCount: "30", failedRequestCount: "1" },
  ]);
  const lines = await results(given, name);
  expect(lines.map(({ key }) => key)).toEqual([...keys, "bad"]);
  expect(lines[0]?.response).toMatchObject({
    candidates: [
      {
        content: { role: "model", parts: [{ text: expect.stringContaining("item-0") }] },
        finishReason: "STOP",
      },
    ],
    usageMetadata: { promptTokenCount: expect.any(Number), thoughtsTokenCount: 32 },
  });
  expect(lines.at(-1)?.error).toMatchObject({ code: 400, status: "INVALID_ARGUMENT" });
  expect((await given.sandbox.stats()).gemini.requests_billed).toBe(30);
});

test("list in pages; a filter is refused; cancel and delete", async () => {
  const given = await gemini();
  const names = [await create(given, [line("a")]), await create(given, [line("a")])];
  const listed = [];
  for await (const { name } of await given.ai.batches.list({ config: { pageSize: 1 } })) listed.push(name);
  expect(listed).toEqual(names.toReversed());
  expect((await given.rest("/v1beta/batches?filter=x")).status).toBe(400);
  await given.ai.batches.cancel({ name: String(names[0]) });
  given.pass(100);
  const { metadata, error, response } = await given.operation(String(names[0]));
  expect([metadata.state, error?.code, response]).toEqual(["BATCH_STATE_CANCELLED", 1, undefined]);
  await given.ai.batches.delete({ name: String(names[0]) });
  expect((await given.rest(`/v1beta/${names[0]}`)).status).toBe(404);
});

test("an expired batch has no results at all; a file that cannot be read fails it", async () => {
  const given = await gemini({ latencySeconds: 100 * 3600 });
  const name = await create(given, [line("a")]);
  const broken = await create(given, ["no json"]);
  given.pass(20 * 3600);
  expect(await given.operation(broken)).toMatchObject({
    metadata: { state: "BATCH_STATE_FAILED" },
    error: { code: 3 },
  });
  given.pass(28 * 3600);
  const expired = await given.operation(name);
  expect(expired.metadata.state).toBe("BATCH_STATE_EXPIRED");
  expect(expired.response).toBeUndefined();
  expect((await given.sandbox.stats()).gemini.requests_billed).toBe(0);
});

test("an upload in chunks resumes where it ended, and says how far it came", async () => {
  const { rest } = await gemini();
  const headers = { "x-goog-upload-protocol": "resumable", "x-goog-upload-command": "start" };
  const begun = await rest("/upload/v1beta/files", {
    method: "POST",
    headers,
    body: '{"file":{"displayName":"f"}}',
  });
  const url = String(begun.headers.get("x-goog-upload-url"));
  const send = async (command: string, offset: number, body?: string) =>
    await fetch(url, {
      method: "POST",
      headers: { "x-goog-upload-command": command, "x-goog-upload-offset": String(offset) },
      ...(body === undefined ? {} : { body }),
    });
  expect((await send("upload", 0, "12345")).headers.get("x-goog-upload-status")).toBe("active");
  expect((await send("upload", 3, "x")).status).toBe(400);
  expect((await send("query", 0)).headers.get("x-goog-upload-size-received")).toBe("5");
  const ended = await send("upload, finalize", 5, "678");
  const { file } = (await ended.json()) as { file: { name: string; sizeBytes: string } };
  expect(file.sizeBytes).toBe("8");
  const content = await rest(`/v1beta/${file.name}:download?alt=media`, { headers: { range: "bytes=5-" } });
  expect([content.status, await content.text()]).toEqual([206, "678"]);
});

test("embeddings; one request at once; models by name; a key", async () => {
  const given = await gemini({ keys: { gemini: ["k"] } });
  const { ai, pass } = given;
  const request = { content: { parts: [{ text: "word" }] }, outputDimensionality: 8 };
  const file = new Blob([`${JSON.stringify({ key: "e", request })}\n`], { type: "application/jsonl" });
  const { name: fileName } = await ai.files.upload({ file, config: { mimeType: "application/jsonl" } });
  const { name } = await ai.batches.createEmbeddings({
    model: "gemini-embedding-001",
    src: { fileName: String(fileName) },
    config: { displayName: "e" },
  });
  pass(100);
  const [line] = await results(given, String(name));
  expect(line?.response).toMatchObject({ embedding: { values: expect.any(Array) } });
  const answer = await ai.models.generateContent({
    model: MODEL,
    contents: "Hi",
    config: { maxOutputTokens: 5 },
  });
  expect(answer.candidates?.[0]?.finishReason).toBe("MAX_TOKENS");
  await expect(ai.models.generateContent({ model: "gemini-2.5-flsh", contents: "Hi" })).rejects.toThrow(
    "Did you mean 'gemini-2.5-flash'?",
  );
  const other = new GoogleGenAI({ apiKey: "bad", httpOptions: { baseUrl: given.sandbox.baseUrls.gemini } });
  await expect(other.models.generateContent({ model: MODEL, contents: "Hi" })).rejects.toThrow(
    "API key not valid",
  );
});

test("in real time: an answer as in a batch, an embedding, and limits that stand in an error's details", async () => {
  const given = await gemini({ limits: { requests_per_minute: 2, tokens_per_minute: 5000 } });
  const { ai, pass } = given;
  const question = { model: MODEL, contents: "Define the word a." };
  const { candidates, usageMetadata } = await ai.models.generateContent(question);
  const { embeddings } = await ai.models.embedContent({ model: "gemini-embedding-001", contents: "a" });
  expect(embeddings?.[0]?.values).toHaveLength(256);
  const refused = await ai.models.generateContent(question).catch((error) => error);
  expect(refused.status).toBe(429);
  const { details } = JSON.parse(refused.message).error;
  expect(details).toMatchObject([
    { violations: [{ quotaId: "GenerateRequestsPerMinutePerProjectPerModel", quotaValue: "2" }] },
    { retryDelay: "30s" },
  ]);
  pass(60);
  const greedy = { ...question, config: { maxOutputTokens: 6000 } };
  await ai.models.generateContent(greedy);
  await expect(ai.models.generateContent(question)).rejects.toThrow("InputTokensPerModelPerMinute");
  const name = await create(given, [line("a")]);
  pass(100);
  const [answer] = await results(given, name);
  expect(answer?.response).toMatchObject({ candidates, usageMetadata });
  const { realtime_requests, realtime_tokens } = (await given.sandbox.stats()).gemini;
  expect(realtime_requests).toBe(3);
  expect(realtime_tokens.total_tokens).toBeGreaterThan(usageMetadata?.totalTokenCount ?? Infinity);
});

test("late-files: succeeded without its file at two polls; no-credit fails a batch", async () => {
  const late = await gemini({ faults: namedFaults(["late-files"]) });
  const name = await create(late, [line("a")]);
  late.pass(100);
  for (const _ of [1, 2]) {
    const { metadata, response } = await late.operation(name);
    expect([metadata.state, response]).toEqual(["BATCH_STATE_SUCCEEDED", undefined]);
  }
  expect((await late.operation(name)).response?.responsesFile).toMatch(/^files\//);
  const poor = await gemini({ faults: namedFaults(["no-credit"]) });
  const failed = await create(poor, [line("a")]);
  poor.pass(100);
  expect(await poor.operation(failed)).toMatchObject({ metadata: { state: "BATCH_STATE_FAILED" } });
});
