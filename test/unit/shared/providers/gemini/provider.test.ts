import type { ServerResponse } from "node:http";
import { afterEach, expect, test, vi } from "vitest";
import { BatchItem, JobSpec } from "../../../../../shared/models.ts";
import { formatOf } from "../../../../../shared/providers/formats.ts";
import { geminiOutcome } from "../../../../../shared/providers/gemini/answers.ts";
import { firstPlace } from "../../../../../shared/providers/provider.ts";
import { ApiServer, hangUp, type Route } from "../api-server.ts";
import { errorOf, providerAt, results, submission } from "../submission.ts";

afterEach(() => vi.unstubAllEnvs());

const CREATE = "POST /v1beta/models/gemini-2.5-flash:batchGenerateContent";
const spec = JobSpec.parse({ provider: "gemini", model: "gemini-2.5-flash" });
const batch = (state: string, more: object = {}) => ({
  name: "batches/b1",
  metadata: {
    state: `BATCH_STATE_${state}`,
    displayName: "nightshift-tag",
    createTime: "2026-11-01T00:00:00Z",
    inputConfig: { fileName: "files/in" },
    batchStats: { requestCount: "3", successfulRequestCount: "2", failedRequestCount: "1" },
  },
  ...more,
});

async function gemini(routes: Record<string, Route>) {
  const server = await ApiServer.start({
    "POST /upload/v1beta/files": (_, response) => {
      response.setHeader("x-goog-upload-url", `${server.url}/put?upload_id=1`);
      return {};
    },
    "POST /put": () => ({ file: { name: "files/in" } }),
    ...routes,
  });
  const provider = await providerAt("gemini", server.url, "a-test-key");
  return { server, provider, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

test("uploads, reports the file, creates under the tag; the key goes to no upload address", async () => {
  await using api = await gemini({ [CREATE]: () => batch("PENDING") });
  const sent = { ...submission('{"key":"é"}\n', "openai"), spec };
  expect(await api.provider.submitBatch(sent)).toMatchObject({ id: "batches/b1", status: "pending" });
  expect(sent.told).toEqual(["files/in"]);
  const [start, put, create] = api.server.got;
  expect(start?.headers).toMatchObject({
    "x-goog-api-key": "a-test-key",
    "x-goog-upload-protocol": "resumable",
  });
  expect(put?.body).toBe('{"key":"é"}\n');
  expect(put?.headers["content-length"]).toBe("13");
  expect(put?.headers["x-goog-api-key"]).toBeUndefined();
  expect(JSON.parse(create?.body ?? "")).toEqual({
    batch: { displayName: "nightshift-tag", inputConfig: { fileName: "files/in" } },
  });
});

test.each([
  ["PENDING", "pending"],
  ["RUNNING", "in_progress"],
  ["SUCCEEDED", "completed"],
  ["FAILED", "failed"],
  ["CANCELLED", "cancelled"],
  ["EXPIRED", "expired"],
])("%s is %s, and counts are texts", async (state, status) => {
  await using api = await gemini({ "GET /v1beta/batches/b1": () => batch(state) });
  expect(await api.provider.pollStatus("batches/b1")).toMatchObject({
    id: "batches/b1",
    status,
    request_count: 3,
    counts: { succeeded: 2, failed: 1 },
    created_at: Date.parse("2026-11-01T00:00:00Z") / 1000,
  });
});

test("a lost create is found by its name or its file", async () => {
  const other = { ...batch("RUNNING"), name: "batches/b2", metadata: { displayName: "theirs" } };
  await using api = await gemini({
    "GET /v1beta/batches": ({ url }) =>
      url.includes("pageToken")
        ? { operations: [batch("RUNNING")] }
        : { operations: [other], nextPageToken: "n" },
  });
  const mark = { job_id: "j", batch: 1, round: 1, tag: "tag" };
  const query = { mark, request_count: 1, created_after: 100 };
  expect(await api.provider.findBatch(query)).toMatchObject([{ id: "batches/b1" }]);
  const byFile = { ...query, mark: { ...mark, tag: "x" }, upload_id: "files/in" };
  expect(await api.provider.findBatch(byFile)).toMatchObject([{ id: "batches/b1" }]);
});

test("reads the results from a byte on, and deletes both files", async () => {
  const line = (key: string) => `${JSON.stringify({ key, response: answer })}\n`;
  const answer = { candidates: [{ content: { parts: [{ text: "Hi" }] }, finishReason: "STOP" }] };
  const text = line("tag-1") + line("tag-2");
  await using api = await gemini({
    "GET /download/v1beta/files/out:download": (_, response) => void response.end(text),
    "DELETE /v1beta/files/in": () => ({}),
    "DELETE /v1beta/files/out": (_, response) => {
      response.statusCode = 403;
      return {};
    },
  });
  const ended = { id: "batches/b1", ...batch("SUCCEEDED", { response: { responsesFile: "files/out" } }) };
  expect(await results(api.provider, ended)).toMatchObject([
    { custom_id: "tag-1", status: "succeeded", response: { content: "Hi" } },
    { custom_id: "tag-2" },
  ]);
  expect(api.server.got[0]?.url).toContain("alt=media");
  await api.provider.deleteFiles({ id: "b", raw: ended });
  expect(api.server.calls.slice(1)).toEqual(["DELETE /v1beta/files/in", "DELETE /v1beta/files/out"]);
});

const DOWNLOAD = "GET /download/v1beta/files/out:download";
const refused =
  (status: number, word: string, message: string): Route =>
  (_, response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: { code: status, message, status: word } }));
  };
const forbidden = refused(403, "PERMISSION_DENIED", "no");
const wrongKey = refused(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.");
/** A batch with results that ended so many hours ago. */
function ended(hours: number) {
  const one = batch("SUCCEEDED", { done: true, response: { responsesFile: "files/out" } });
  const endTime = new Date(Date.now() - hours * 3_600_000).toISOString();
  return { ...one, id: one.name, metadata: { ...one.metadata, endTime } };
}

// Seed 5446 of the simulation: such a job failed at every start.
test("results that Google has dropped after 48 hours are none; those that it refuses before are a person's problem", async () => {
  await using api = await gemini({ [DOWNLOAD]: forbidden });
  expect(await results(api.provider, ended(49))).toEqual([]);
  expect((await errorOf(results(api.provider, ended(47)))).name).toBe("ProviderAuthError");
});

// Google says 403 of both. Answers that were paid would be given up.
test("after 48 hours a blocked key is told from a file that is gone by the batch, which can still be read", async () => {
  const BATCH = "GET /v1beta/batches/b1";
  await using gone = await gemini({ [DOWNLOAD]: forbidden, [BATCH]: () => ended(49) });
  expect(await results(gone.provider, ended(49))).toEqual([]);
  await using blocked = await gemini({ [DOWNLOAD]: forbidden, [BATCH]: forbidden });
  const error = await errorOf(results(blocked.provider, ended(49)));
  expect(error).toMatchObject({ name: "ProviderAuthError", message: expect.stringContaining("403") });
});

test.each<[string, Route, string]>([
  ["a cut connection", hangUp, "ProviderUnavailableError"],
  ["a wrong key", wrongKey, "ProviderAuthError"],
  [
    "another place",
    refused(400, "FAILED_PRECONDITION", "User location is not supported"),
    "ProviderAuthError",
  ],
])("after 48 hours %s says nothing of the results", async (_, route, name) => {
  await using api = await gemini({ [DOWNLOAD]: route });
  expect((await errorOf(results(api.provider, ended(49)))).name).toBe(name);
});

test("after 48 hours other results than before are an error, and a file that went while it was read", async () => {
  const place = () => ({ ...firstPlace(), byte: 10, custom_id: "tag-1" });
  const read = async (route: Route) => {
    await using api = await gemini({ [DOWNLOAD]: route });
    const raw = ended(49);
    for await (const _ of api.provider.getResults({ id: raw.name, raw }, place()));
  };
  for (const route of [forbidden, (_: unknown, response: ServerResponse) => void response.end("{}\n")])
    expect((await errorOf(read(route))).name).toBe("ResultsChangedError");
});

test("a wrong key is named when files are read and deleted", async () => {
  await using api = await gemini({ [DOWNLOAD]: wrongKey, "DELETE /v1beta/files/in": wrongKey });
  for (const call of [results(api.provider, ended(1)), api.provider.deleteUpload("files/in")])
    expect((await errorOf(call)).message).toContain("refused the API key (401)");
});

test("a model that is not there is a refusal, and the file goes; another server is named", async () => {
  await using api = await gemini({
    [CREATE]: (_, response) => {
      response.statusCode = 404;
      return {
        error: { code: 404, message: "models/x is not found for API version v1beta", status: "NOT_FOUND" },
      };
    },
    "DELETE /v1beta/files/in": () => ({}),
  });
  const refused = await errorOf(api.provider.submitBatch({ ...submission("{}\n", "openai"), spec }));
  expect(refused.name).toBe("ProviderRejectedError");
  expect(api.server.calls.at(-1)).toBe("DELETE /v1beta/files/in");
  await using none = await ApiServer.start({});
  const provider = await providerAt("gemini", none.url, "a-test-key");
  const error = await errorOf(provider.submitBatch({ ...submission("{}\n", "openai"), spec }));
  expect(error.message).toContain("check the address");
});

test("requests and answers", () => {
  const format = formatOf("gemini");
  const item = BatchItem.parse({
    custom_id: "a",
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: "hi" },
      { role: "assistant", content: [{ type: "text", text: "yes?" }] },
    ],
  });
  const body = format.body({ kind: "item", item, temperature_set: false }, spec);
  expect(JSON.parse(format.request(body, spec, "tag-1"))).toEqual({
    key: "tag-1",
    request: {
      contents: [
        { role: "user", parts: [{ text: "hi" }] },
        { role: "model", parts: [{ text: "yes?" }] },
      ],
      systemInstruction: { parts: [{ text: "Be brief." }] },
      generationConfig: { maxOutputTokens: 4096, temperature: 0 },
    },
  });
  const text = `{"key":"k","response":{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"functionCall":{"name":"f","args":{"id":1234567890123456789}}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":2,"thoughtsTokenCount":3}}}`;
  expect(geminiOutcome(JSON.parse(text), text)).toMatchObject({
    status: "succeeded",
    response: {
      thinking: "hm",
      finish_reason: "tool_call",
      tool_calls: [{ name: "f", arguments: '{"id":1234567890123456789}' }],
      usage: { prompt_tokens: 5, completion_tokens: 5, reasoning_tokens: 3 },
    },
  });
});

test.each([
  { candidates: [{ content: { parts: [{ thoughtSignature: "c2ln" }] }, finishReason: "STOP" }] },
  { candidates: [{ content: { parts: [{}] } }] },
  { embedding: { values: [] } },
  { embedding: {} },
])("fault 7: an empty answer is no answer: %j", (response) => {
  const text = JSON.stringify({ key: "k", response });
  expect(geminiOutcome(JSON.parse(text), text)).toMatchObject({ status: "failed", retryable: true });
});

test.each([
  [{ error: { code: 400, message: "bad" } }, "400: bad", false],
  [{ error: { code: 14, message: "busy" } }, "14: busy", true],
  [
    { response: { promptFeedback: { blockReason: "SAFETY" } } },
    "content_filter: the prompt was blocked: SAFETY",
    false,
  ],
  [
    { response: { candidates: [{ finishReason: "RECITATION" }] } },
    "content_filter: the model stopped: RECITATION",
    false,
  ],
  [{}, "neither response nor error", true],
])("an error line %j", (more, error, retryable) => {
  const text = JSON.stringify({ key: "k", ...more });
  const outcome = geminiOutcome(JSON.parse(text), text);
  expect(outcome).toMatchObject({ custom_id: "k", status: "failed", retryable });
  expect(outcome.error).toContain(error);
});
