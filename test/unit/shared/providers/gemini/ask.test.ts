/** Gemini in real time: the very request of a batch's line, and what each of Google's errors means. */
import { afterEach, expect, test, vi } from "vitest";
import { askNow } from "../../../../../shared/providers/ask-now.ts";
import { NoRateError, Pacer } from "../../../../../shared/providers/pacer.ts";
import { ApiServer, hangUp, type Route } from "../api-server.ts";
import { errorOf, providerAt } from "../submission.ts";

afterEach(() => vi.unstubAllEnvs());

const ASK = "POST /v1beta/models/gemini-2.5-flash:generateContent";
const signal = new AbortController().signal;
const BODY = '{"contents":[{"parts":[{"text":"hi"}]}],"generationConfig":{"seed":12345678901234567890}}';
const request = {
  ...{ endpoint: "/v1/chat/completions" as const, custom_id: "tag-1", model: "models/gemini-2.5-flash" },
  body: BODY,
};
const answer = {
  candidates: [{ content: { parts: [{ text: "Hi" }] }, finishReason: "STOP" }],
  usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 1, thoughtsTokenCount: 4 },
};

const refuse =
  (code: number, status: string, message: string, details: unknown[] = []): Route =>
  (_, response) => {
    response.writeHead(code, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: { code, status, message, details } }));
  };

const quota = (quotaId: string, quotaValue?: string) => ({
  "@type": "type.googleapis.com/google.rpc.QuotaFailure",
  violations: [{ quotaId, quotaValue }],
});
const again = (retryDelay: string) => ({ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay });
const MINUTE = "GenerateRequestsPerMinutePerProjectPerModel";
const limited = (...details: unknown[]) =>
  refuse(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan.", details);

test("the request goes out byte for byte, and the answer is read as a batch's is", async () => {
  // Google prints its answers over several lines.
  const pretty: Route = (_, response) => void response.end(`${JSON.stringify(answer, null, 2)}\n`);
  await using server = await ApiServer.start({ [ASK]: pretty });
  const gemini = await providerAt("gemini", server.url, "a-test-key");
  const outcome = await gemini.answerNow(request, signal);
  expect(outcome).toMatchObject({
    ...{ custom_id: "tag-1", status: "succeeded", raw: '{"key":"tag-1","real_time":true}' },
    response: { content: "Hi", usage: { prompt_tokens: 3, completion_tokens: 5, reasoning_tokens: 4 } },
  });
  expect(outcome.response?.raw).not.toContain("\n");
  expect(server.got).toMatchObject([{ body: BODY, headers: { "x-goog-api-key": "a-test-key" } }]);
});

test("an embedding is asked for where embeddings are", async () => {
  const path = "POST /v1beta/models/gemini-embedding-001:embedContent";
  await using server = await ApiServer.start({ [path]: () => ({ embedding: { values: [0.5, 1] } }) });
  const gemini = await providerAt("gemini", server.url);
  const model = "gemini-embedding-001";
  const outcome = await gemini.answerNow({ ...request, endpoint: "/v1/embeddings", model }, signal);
  expect(outcome).toMatchObject({ status: "succeeded", response: { parsed: "[[0.5,1]]" } });
});

test.each([
  [400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", "refused the API key"],
  [403, "PERMISSION_DENIED", "Your API key was reported as leaked.", "refused access"],
  [400, "FAILED_PRECONDITION", "User location is not supported for the API use.", "refused access"],
  [429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted.", "no credit left"],
])("%i %s (%s) is the same for every item", async (status, word, message, wanted) => {
  await using server = await ApiServer.start({ [ASK]: refuse(status, word, message) });
  const error = await errorOf((await providerAt("gemini", server.url)).answerNow(request, signal));
  expect(error.name).toBe("ProviderAuthError");
  expect(error.message).toContain(wanted);
});

test("a quota of the day is not waited for", async () => {
  const details = [quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "250"), again("18s")];
  await using server = await ApiServer.start({ [ASK]: limited(...details) });
  const error = await errorOf((await providerAt("gemini", server.url)).answerNow(request, signal));
  expect(error.name).toBe("ProviderAuthError");
  expect(error.message).toContain("quota of this day is used up (GenerateRequestsPerDay");
});

test.each([
  [[quota(MINUTE, "15"), again("34.07s")], 35],
  [[again("0.5s")], 1],
  [[], undefined],
])("a 429 with %j asks to wait %s s", async (details, seconds) => {
  await using server = await ApiServer.start({ [ASK]: limited(...details) });
  const error = await errorOf((await providerAt("gemini", server.url)).answerNow(request, signal));
  expect(error).toMatchObject({ name: "ProviderUnavailableError", rateLimited: true, ambiguous: false });
  expect(error.retryAfterSeconds).toBe(seconds);
});

test("the minute's quota spreads the requests; one of 0 ends it", async () => {
  let calls = 0;
  const once = limited(quota(MINUTE, "6000"), again("0s"));
  await using server = await ApiServer.start({
    [ASK]: (got, response) => (++calls === 1 ? once(got, response) : answer),
  });
  const gemini = await providerAt("gemini", server.url);
  const pacer = new Pacer(8);
  expect(await askNow(gemini, request, signal, { pacer })).toMatchObject({ tries: 1, error: null });
  expect(pacer.limits.requests).toEqual({ limit: 6000, remaining: 0 });
  expect(pacer.atOnce).toBe(4);
  await using none = await ApiServer.start({ [ASK]: limited(quota(`${MINUTE}-FreeTier`, "0"), again("9s")) });
  const never = askNow(await providerAt("gemini", none.url), request, signal, { pacer: new Pacer(8) });
  await expect(never).rejects.toThrow(NoRateError);
});

test.each([
  [503, "UNAVAILABLE", "The model is overloaded.", "ProviderUnavailableError"],
  [400, "INVALID_ARGUMENT", "contents is not specified", "ProviderRejectedError"],
  [404, "NOT_FOUND", "models/gemini-9 is not found", "ProviderRejectedError"],
])("%i %s is %s", async (status, word, message, name) => {
  await using server = await ApiServer.start({ [ASK]: refuse(status, word, message) });
  const error = await errorOf((await providerAt("gemini", server.url)).answerNow(request, signal));
  expect(error.name).toBe(name);
  expect(server.got).toHaveLength(1);
});

test("an answer that breaks off may have been billed; a blocked prompt and no candidate are no answers", async () => {
  await using lost = await ApiServer.start({ [ASK]: hangUp });
  const gemini = await providerAt("gemini", lost.url);
  expect(await errorOf(gemini.answerNow(request, signal))).toMatchObject({ ambiguous: true });
  const bodies = [{ promptFeedback: { blockReason: "SAFETY" } }, {}];
  const errors = ["content_filter: the prompt was blocked: SAFETY", "the answer has no candidate"];
  for (const [at, body] of bodies.entries()) {
    await using odd = await ApiServer.start({ [ASK]: () => body });
    const outcome = await (await providerAt("gemini", odd.url)).answerNow(request, signal);
    expect(outcome).toMatchObject({ status: "failed", error: errors[at] });
  }
});
