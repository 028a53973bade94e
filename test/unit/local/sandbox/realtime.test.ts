/** One request in real time: the answers, refusals and limits that the SDKs meet. */
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { namedFaults } from "../../../../local/sandbox/named-faults.ts";
import {
  anthropicClient,
  chatLine,
  collect,
  createOpenai,
  messageRequest,
  messageResults,
  openaiClient,
  resultLines,
  setup,
} from "./setup.ts";

const question = {
  model: "gpt-4.1-mini",
  messages: [{ role: "user" as const, content: "Define the word tree." }],
};
const message = { model: "claude-haiku-4-5", max_tokens: 200, messages: question.messages };

test("a request gets the answer in real time that it gets in a batch", async () => {
  const { openai, anthropic, sandbox, pass } = await setup();
  const { id } = await createOpenai(openai, [chatLine("tree", question)]);
  const batch = await anthropic.messages.batches.create({ requests: [messageRequest("tree", message)] });
  pass(100);
  const [line] = await resultLines(openai, (await openai.batches.retrieve(id)).output_file_id);
  const now = await openai.chat.completions.create(question);
  expect(now.choices).toEqual(line?.response?.body.choices);
  expect(now.usage).toEqual(line?.response?.body.usage);

  const [result] = await messageResults(anthropic, batch.id);
  const answer = await anthropic.messages.create(message);
  expect(result?.result).toMatchObject({ type: "succeeded", message: { content: answer.content } });
  expect(answer.usage.service_tier).toBe("standard");
  const { input_tokens } = await anthropic.messages.countTokens({ ...question, model: message.model });
  expect(input_tokens).toBe(answer.usage.input_tokens);

  const response = await openai.responses.create({ model: "gpt-5-mini", input: "Define the word tree." });
  expect(response.output_text).toContain("Define the word tree.");
  const { data } = await openai.embeddings.create({ model: "text-embedding-3-small", input: ["a", "b"] });
  expect(data).toHaveLength(2);
  expect((await sandbox.stats()).openai).toMatchObject({ realtime_requests: 3, requests_billed: 1 });
});

test("models are those of the price list, by name and in a list", async () => {
  const { openai, anthropic } = await setup();
  const names = (await collect(openai.models.list())).map(({ id }) => id);
  expect(names).toContain("gpt-4.1-mini");
  expect((await openai.models.retrieve("gpt-4.1-mini")).id).toBe("gpt-4.1-mini");
  expect((await collect(anthropic.models.list())).map(({ id }) => id)).toContain("claude-haiku-4-5");
  const misspelt = await openai.chat.completions.create({ ...question, model: "gpt-4o-mni" }).catch((e) => e);
  expect(misspelt).toBeInstanceOf(OpenAI.NotFoundError);
  expect(misspelt).toMatchObject({
    code: "model_not_found",
    message: expect.stringContaining("'gpt-4o-mini'?"),
  });
  const claude = await anthropic.messages.create({ ...message, model: "claude-hiaku-4-5" }).catch((e) => e);
  expect(claude).toBeInstanceOf(Anthropic.NotFoundError);
  expect(claude.message).toContain("'claude-haiku-4-5'?");
});

test("a lenient sandbox takes any name", async () => {
  const { openai, anthropic } = await setup({ lenient: true });
  expect((await openai.chat.completions.create({ ...question, model: "made-up" })).model).toBe("made-up");
  expect((await anthropic.messages.create({ ...message, model: "made-up" })).model).toBe("made-up");
});

test("/v1 alone is each provider's own address", async () => {
  const { sandbox } = await setup();
  const base = `http://127.0.0.1:${sandbox.port}`;
  const openai = openaiClient({ ...sandbox, openaiBaseUrl: `${base}/v1` });
  const anthropic = anthropicClient({ ...sandbox, anthropicBaseUrl: base });
  expect((await openai.chat.completions.create(question)).choices).toHaveLength(1);
  expect((await anthropic.messages.create(message)).type).toBe("message");
  expect((await anthropic.models.retrieve("claude-haiku-4-5")).type).toBe("model");
  expect((await openai.models.retrieve("gpt-4.1-mini")).object).toBe("model");
});

test("rate limits: headers say what is left, a 429 when to come again", async () => {
  const limits = { requests_per_minute: 2, tokens_per_minute: 10_000 };
  const { openai, anthropic, pass } = await setup({ limits });
  const { response } = await openai.chat.completions.create(question).withResponse();
  expect(response.headers.get("x-ratelimit-remaining-requests")).toBe("1");
  expect(response.headers.get("x-ratelimit-reset-requests")).toBe("30s");
  await openai.chat.completions.create(question);
  const refused = await openai.chat.completions.create(question).catch((error) => error);
  expect(refused).toBeInstanceOf(OpenAI.RateLimitError);
  expect(refused.code).toBe("rate_limit_exceeded");
  expect(refused.headers.get("retry-after")).toBe("30");
  pass(30);
  await openai.chat.completions.create(question);

  const told = await anthropic.messages.create(message).withResponse();
  expect(told.response.headers.get("anthropic-ratelimit-requests-remaining")).toBe("1");
  const tooMany = await anthropic.messages.create({ ...message, max_tokens: 10_000 }).catch((error) => error);
  expect(tooMany).toBeInstanceOf(Anthropic.RateLimitError);
  expect(tooMany.message).toContain("tokens per minute");
});

test("calls at once are limited", async () => {
  const { anthropic } = await setup({ limits: { concurrent_requests: 1 }, realtimeLatencySeconds: 0.5 });
  const all = await Promise.allSettled([1, 2, 3].map(() => anthropic.messages.create(message)));
  expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const refused = all.find((one) => one.status === "rejected");
  expect(refused?.reason).toBeInstanceOf(Anthropic.RateLimitError);
});

test.each([
  ["server-error", OpenAI.InternalServerError],
  ["rate-limit", OpenAI.RateLimitError],
  ["no-credit", OpenAI.RateLimitError],
  ["cut-answer", Error],
  ["wrong-address", OpenAI.NotFoundError],
])("%s strikes a call in real time", async (name, error) => {
  const { openai } = await setup({ faults: namedFaults([name]) });
  await expect(openai.chat.completions.create(question)).rejects.toBeInstanceOf(error);
});

test("a page, an empty answer, absurd counts and a slow body come with status 200", async () => {
  const faults = namedFaults(["html-page", "slow-answer"]);
  const { openai } = await setup({ faults });
  expect(await openai.chat.completions.create(question)).toContain("<title>Sign in</title>");
  // It comes a little at a time, and whole.
  expect((await openai.chat.completions.create(question)).choices).toHaveLength(1);
  const changed = await setup({ faults: namedFaults(["empty-answers", "absurd-answers"]) });
  const answer = await changed.openai.chat.completions.create(question);
  expect(answer.choices[0]).toMatchObject({ finish_reason: "length", message: { content: "" } });
  expect(answer.usage?.prompt_tokens).toBe(1e22);
  const empty = await changed.anthropic.messages.create(message);
  expect(empty).toMatchObject({ content: [], stop_reason: "max_tokens" });
});

test("streams are refused in words", async () => {
  const { openai } = await setup();
  const stream = openai.chat.completions.create({ ...question, stream: true });
  await expect(stream).rejects.toThrow("leave out 'stream'");
});
