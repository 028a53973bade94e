/** The three formats of a line, each at the provider that takes it. */
import { expect, test } from "vitest";
import { itemLine, jobAt, MODELS, startWorld } from "../harness/harness.ts";

const world = await startWorld();
const ask = (content: string) => [{ role: "user", content }];

const openaiLine = (custom_id: string, content: string, more = {}) =>
  JSON.stringify({
    custom_id,
    method: "POST",
    url: "/v1/chat/completions",
    body: { model: MODELS.openai, messages: ask(content), ...more },
  });
const anthropicLine = (custom_id: string, content: string) =>
  JSON.stringify({
    custom_id,
    params: { model: MODELS.anthropic, max_tokens: 100, messages: ask(content) },
  });

test("openai: own items, messages and OpenAI's lines in one file", async () => {
  await world.sandbox();
  const run = await world.run(
    [
      itemLine("own", "first question"),
      JSON.stringify({
        custom_id: "chat",
        messages: [{ role: "system", content: "x" }, ...ask("second one")],
      }),
      openaiLine("native", "third question"),
      anthropicLine("foreign", "never sent"),
    ],
    { job: jobAt("openai") },
  );
  expect(run.results.map(({ response }) => response?.content.split(":")[0])).toEqual([
    'About "first question"',
    'About "second one"',
    'About "third question"',
    undefined,
  ]);
  expect(run.results[3]).toMatchObject({
    custom_id: "foreign",
    status: "invalid",
    error: "line 4: this is a line in anthropic's own format, and the job's provider is openai",
  });
});

test("anthropic: own items and Anthropic's lines in one file", async () => {
  await world.sandbox();
  const run = await world.run(
    [
      itemLine("own", "first question", { model: "claude-haiku-4-5" }),
      anthropicLine("native", "second one"),
      openaiLine("foreign", "never sent"),
      itemLine("hot", "too hot", { temperature: 1.5 }),
    ],
    { job: jobAt("anthropic") },
  );
  expect(run.results.map(({ status, error }) => [status, error])).toEqual([
    ["succeeded", null],
    ["succeeded", null],
    ["invalid", "line 3: this is a line in openai's own format, and the job's provider is anthropic"],
    ["invalid", "line 4: temperature: Anthropic takes at most 1"],
  ]);
  expect(run.results[0]?.response?.raw).toMatchObject({ model: "claude-haiku-4-5" });
  expect(run.results[1]?.response?.raw).toMatchObject({ model: MODELS.anthropic });
});

test("openai: the responses endpoint", async () => {
  await world.sandbox();
  const run = await world.run([itemLine("a", "a question")], {
    job: jobAt("openai", { endpoint: "/v1/responses" }),
  });
  expect(run.results[0]).toMatchObject({ status: "succeeded", response: { finish_reason: "stop" } });
  expect(run.results[0]?.response?.content).toContain('About "a question"');
});

test("openai: embeddings, cut by their inputs", async () => {
  const sandbox = await world.sandbox();
  world.limits({ openai: { max_requests: 5 } });
  const url = "/v1/embeddings";
  const line = (custom_id: string, input: unknown) =>
    JSON.stringify({ custom_id, method: "POST", url, body: { model: "text-embedding-3-small", input } });
  const run = await world.run(
    [
      line("three", ["a", "b", "c"]),
      line("two", ["d", "e"]),
      line("tokens", [1, 2, 3, 4, 5, 6]),
      line("six", ["1", "2", "3", "4", "5", "6"]),
    ],
    { job: { provider: "openai", model: "text-embedding-3-small", endpoint: url } },
  );
  expect(run.results.map(({ status }) => status)).toEqual(["succeeded", "succeeded", "succeeded", "invalid"]);
  expect(run.results[3]?.error).toBe(
    "line 4: input: 6 inputs in one request; the provider's limit for a batch is 5",
  );
  expect(run.results[0]?.response?.parsed).toHaveLength(3);
  expect((await sandbox.stats()).openai.batches_created).toBe(2);
});

test("tool calls and JSON answers come parsed", async () => {
  await world.sandbox();
  const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
  const tools = [{ type: "function", function: { name: "weather", parameters } }];
  const run = await world.run(
    [
      itemLine("tool", "weather?", { extra: { tools, tool_choice: "required" } }),
      itemLine("json", "answer in JSON"),
      itemLine("cut", "a long question", { max_tokens: 2 }),
    ],
    { job: jobAt("openai") },
  );
  expect(run.results[0]?.response).toMatchObject({
    finish_reason: "tool_call",
    tool_calls: [{ name: "weather", arguments: { city: expect.any(String) } }],
  });
  expect(run.results[1]?.response?.parsed).toMatchObject({ model_asked: false });
  expect(run.results[2]).toMatchObject({ status: "succeeded", response: { finish_reason: "length" } });
});
