/** What the providers refuse, the sandbox refuses (faults 5, 30 and 36). */
import { get } from "node:http";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { hasLoneSurrogate } from "../../../../shared/json/surrogates.ts";
import {
  chatLine,
  createOpenai,
  messageRequest,
  messageResults,
  openaiLine,
  type ResultLine,
  resultLines,
  setup,
} from "./setup.ts";

const image = [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }];

test.each([
  [{ response_format: { type: "json_object" } }, "response_format: Extra inputs are not permitted"],
  [{ messages: [{ role: "user", content: image }] }, "Input tag 'image_url'"],
  [
    { messages: [{ role: "user", content: [{ text: "no type" }] }] },
    "messages.0.content.0.type: Field required",
  ],
  [{ mcp_servers: [] }, "mcp_servers: Extra inputs are not permitted"],
  [{ model: "claude-haiku-4-6" }, "Did you mean 'claude-haiku-4-5'?"],
  [{ model: "gpt-4.1-mini" }, "model: gpt-4.1-mini"],
])("Anthropic, in a batch and in real time: %j", async (params, message) => {
  const { anthropic, pass } = await setup();
  const request = messageRequest("bad", params);
  const { id } = await anthropic.messages.batches.create({ requests: [request, messageRequest("good")] });
  await expect(anthropic.messages.create(request.params)).rejects.toThrow(message);
  pass(100);
  const results = await messageResults(anthropic, id);
  expect(results.find(({ custom_id }) => custom_id === "good")?.result.type).toBe("succeeded");
  const bad = results.find(({ custom_id }) => custom_id === "bad")?.result;
  expect(bad).toMatchObject({
    type: "errored",
    error: { error: { message: expect.stringContaining(message) } },
  });
});

test("Anthropic's betas come with a header", async () => {
  const { anthropic } = await setup();
  const params = { ...messageRequest("a").params, mcp_servers: [] } as never;
  const headers = { "anthropic-beta": "mcp-client-2025-11-20" };
  expect(((await anthropic.messages.create(params, { headers })) as Anthropic.Message).type).toBe("message");
});

test.each([
  [{ system: "be brief" }, "Unknown parameter: 'system'."],
  [{ messages: [{ role: "user", content: [{ type: "image", source: {} }] }] }, "Invalid value: 'image'."],
  [{ model: "text-embedding-3-small" }, "not a chat model"],
])("OpenAI, in a batch and in real time: %j", async (params, message) => {
  const { openai, pass } = await setup();
  const { id } = await createOpenai(openai, [chatLine("bad", params)]);
  const { body } = JSON.parse(chatLine("bad", params));
  await expect(openai.chat.completions.create(body)).rejects.toThrow(message);
  pass(100);
  const [line] = await resultLines<{ error: { message: string } }>(
    openai,
    (await openai.batches.retrieve(id)).error_file_id,
  );
  expect((line as ResultLine<{ error: { message: string } }>).response?.body.error.message).toContain(
    message,
  );
});

test("OpenAI: a chat model makes no embeddings, Responses takes no chat parts", async () => {
  const { openai } = await setup();
  await expect(openai.embeddings.create({ model: "gpt-4.1-mini", input: "a" })).rejects.toThrow("embeddings");
  const input = [{ role: "user", content: [{ type: "text", text: "a" }] }] as never;
  await expect(openai.responses.create({ model: "gpt-4.1-mini", input })).rejects.toThrow("'input_text'");
});

test("a misspelt model fails OpenAI's batch, with the name that was meant; a fine-tuned one has its base's", async () => {
  const { openai, pass } = await setup();
  const { id } = await createOpenai(openai, [chatLine("a", { model: "gpt-4.1-mni" })]);
  const tuned = await createOpenai(openai, [
    chatLine("a", { model: "ft:gpt-4.1-mini-2025-04-14:acme::abc" }),
  ]);
  const foreign = await createOpenai(openai, [chatLine("a", { model: "claude-haiku-4-5" })]);
  pass(100);
  const batch = await openai.batches.retrieve(id);
  expect(batch.errors?.data?.[0]).toMatchObject({ code: "model_not_found", line: 1 });
  expect(batch.errors?.data?.[0]?.message).toContain("Did you mean 'gpt-4.1-mini'?");
  expect((await openai.batches.retrieve(tuned.id)).status).toBe("completed");
  expect((await openai.batches.retrieve(foreign.id)).status).toBe("failed");
});

test("half a surrogate pair: a 400 for Anthropic's whole create, a bad line at OpenAI", async () => {
  const { openai, anthropic, pass } = await setup();
  const half = String.fromCharCode(0xd83d);
  const requests = [messageRequest("good"), messageRequest("cut", { system: `cut ${half}` })];
  await expect(anthropic.messages.batches.create({ requests })).rejects.toThrow("no low surrogate");
  await expect(anthropic.messages.create(requests[1]?.params as never)).rejects.toThrow("no low surrogate");
  const line = chatLine("cut").replace("Define", "\\ud83d Define");
  const { id } = await createOpenai(openai, [chatLine("good"), line]);
  pass(100);
  expect((await openai.batches.retrieve(id)).errors?.data).toMatchObject([
    { code: "invalid_json_line", line: 2 },
  ]);
});

test.each([
  ["\\ud83d\\ude00", false],
  ["\\\\ud83d", false],
  ["\\\\\\ud83d", true],
  ["\\ude00", true],
  ["\\ud83d\\ud83d\\ude00", true],
  ["\\ud83d \\ude00", true],
  ["\\uD83D\\uDE00\\uD83D", true],
])("%s: half a pair is %j", (text, expected) => {
  expect(hasLoneSurrogate(`{"text":"${text}"}`)).toBe(expected);
});

test("a request of thousands of levels is that request's error, and no batch hangs on it", async () => {
  const { openai, anthropic, pass } = await setup();
  const deep = `${'{"a":'.repeat(6000)}1${"}".repeat(6000)}`;
  const line = chatLine("deep").replace('"messages"', `"metadata":${deep},"messages"`);
  const { id } = await createOpenai(openai, [chatLine("good"), line]);
  const embeddings = openaiLine("e", "/v1/embeddings", { model: "text-embedding-3-small", input: "a" });
  await createOpenai(openai, [embeddings], { endpoint: "/v1/embeddings" });
  pass(100);
  expect((await openai.batches.retrieve(id)).status).toBe("completed");
  const body = `{"requests":[{"custom_id":"deep","params":{"model":"claude-haiku-4-5","max_tokens":9,"messages":[{"role":"user","content":[{"type":"document","source":${deep}}]}]}}]}`;
  const { baseURL } = anthropic;
  const headers = { "x-api-key": "k", "anthropic-version": "2023-06-01" };
  const created = await fetch(`${baseURL}/v1/messages/batches`, { method: "POST", body, headers });
  const { id: batch } = (await created.json()) as { id: string };
  pass(100);
  const [result] = await messageResults(anthropic, batch);
  expect(result?.result).toMatchObject({
    type: "errored",
    error: { error: { type: "invalid_request_error" } },
  });
});

test("errors of the SDKs are those of each status", async () => {
  const { openai, anthropic } = await setup();
  const chat = { model: "nothing-like-it", messages: [] };
  await expect(openai.chat.completions.create(chat)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  const { params } = messageRequest("a", { max_tokens: 0 });
  await expect(anthropic.messages.create(params)).rejects.toBeInstanceOf(Anthropic.BadRequestError);
});

test.each([
  ["//", 404],
  ["/anthropic/v1/messages/batches/%", 401],
  ["/gemini/v1beta/batches/%E0", 403],
  ["/s3/bucket/%", 403],
])("fault 14: %s is answered", async (path, status) => {
  const { sandbox } = await setup();
  // fetch would mend the path.
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  get({ host: "127.0.0.1", port: sandbox.port, path }, (response) => {
    response.resume();
    resolve(response.statusCode);
  }).on("error", reject);
  expect(await promise).toBe(status);
});
