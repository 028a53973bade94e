/** One request in real time: every try is counted, an answer that broke off is unknown, and no 200 is believed blindly. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { startSandbox } from "../../../../local/sandbox/sandbox.ts";
import { ProviderAuthError } from "../../../../shared/errors.ts";
import type { ProviderName } from "../../../../shared/models.ts";
import { askNow, type NowProvider } from "../../../../shared/providers/ask-now.ts";
import { providerOf } from "../../../../shared/providers/registry.ts";

const NOW = { backoff: [0.01, 0.01, 0.01] };
const signal = new AbortController().signal;
const CHAT =
  '{"model":"gpt-4.1-mini","messages":[{"role":"user","content":"hi"}],"seed":12345678901234567890}';
const request = (body = CHAT) => ({
  endpoint: "/v1/chat/completions" as const,
  custom_id: "a",
  model: "m",
  body,
});

/** A provider whose API is a server here. */
async function at(provider: ProviderName, url: string): Promise<NowProvider> {
  const name = provider.toUpperCase();
  vi.stubEnv(`${name}_API_KEY`, "test-key");
  vi.stubEnv(`${name}_BASE_URL`, url);
  return (await providerOf({ provider })) as NowProvider;
}

/** An OpenAI whose answers are the given ones, one after the other, and the bodies that it was sent. */
async function answering(...answers: ((response: ServerResponse) => void)[]) {
  const bodies: string[] = [];
  const server = createServer(async (call, response) => {
    let body = "";
    for await (const chunk of call) body += chunk;
    const answer = answers[Math.min(bodies.length, answers.length - 1)];
    bodies.push(body);
    response.setHeader("content-type", "application/json");
    answer?.(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => server.closeAllConnections());
  onTestFinished(() => void server.close());
  return {
    openai: await at("openai", `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`),
    bodies,
  };
}

const says =
  (status: number, body: unknown, headers = {}) =>
  (response: ServerResponse) => {
    response.writeHead(status, headers).end(typeof body === "string" ? body : JSON.stringify(body));
  };
const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
const good = says(200, {
  choices: [{ index: 0, message: { content: "hello" }, finish_reason: "stop" }],
  usage,
});
const breaksOff = (response: ServerResponse) => {
  response.writeHead(200, { "content-length": "1000" });
  response.write('{"choices":', () => response.destroy());
};

test("the body goes out byte for byte, once, and the answer is read as a batch's is", async () => {
  const { openai, bodies } = await answering(good);
  const asked = await askNow(openai, request(), signal, NOW);
  expect(asked).toMatchObject({ tries: 1, unknown: 0, error: null });
  expect(asked.outcome).toMatchObject({ status: "succeeded", response: { content: "hello", usage } });
  expect(bodies).toEqual([CHAT]);
});

test("an answer that breaks off is unknown, and asked again", async () => {
  const { openai, bodies } = await answering(breaksOff, good);
  expect(await askNow(openai, request(), signal, NOW)).toMatchObject({ tries: 2, unknown: 1, error: null });
  expect(bodies).toHaveLength(2);
});

test("what a try has cost is kept before the next one, and is no part of the end", async () => {
  const odd = says(200, { choices: [], usage });
  const { openai, bodies } = await answering(odd, breaksOff, good);
  const kept: unknown[] = [];
  const keep = async (cost: unknown) => void kept.push([bodies.length, cost]);
  const asked = await askNow(openai, request(), signal, { ...NOW, keep });
  expect(kept).toEqual([
    [1, { paid: [{ response: { usage }, model: undefined }], unknown: 0 }],
    [2, { paid: [], unknown: 1 }],
  ]);
  expect(asked).toMatchObject({ tries: 3, paid: [], unknown: 0, error: null });
});

test.each([
  ["text", says(200, "OK")],
  ["null", says(200, "null")],
  [
    "the answer to another item",
    says(200, '{}},"custom_id":"other","response":{"status_code":200,"body":{}'),
  ],
  ["nothing", says(200, {})],
  ["an error", says(200, { error: { message: "no" } })],
])("a 200 with %s is no answer", async (_, answer) => {
  const { openai } = await answering(answer);
  const asked = await askNow(openai, request(), signal, NOW);
  expect(asked.error).not.toBeNull();
  expect(asked.outcome?.response?.content ?? "").toBe("");
});

// Fault 26: asked again, every item would meet the same page.
test("a web page ends it for every item, with the address to check", async () => {
  const { openai, bodies } = await answering(says(200, "<html>sign in</html>"));
  await expect(askNow(openai, request(), signal, NOW)).rejects.toMatchObject({
    name: "ProviderAuthError",
    message: expect.stringMatching(/a web page came in place of an answer.*check the address/),
  });
  expect(bodies).toHaveLength(1);
});

// What stands before the provider gave up: the model may have answered by then.
test.each([
  [408, 1],
  [502, 1],
  [504, 1],
  [524, 1],
  [500, 0],
  [503, 0],
  [529, 0],
])("of an answer %s, %s is unknown", async (status, unknown) => {
  const { openai } = await answering(says(status, {}), good);
  expect(await askNow(openai, request(), signal, NOW)).toMatchObject({ tries: 2, unknown, error: null });
});

test("a 500 and a rate limit pass, a refusal does not; tries end after the fourth", async () => {
  const passing = await answering(says(500, {}), says(429, {}, { "retry-after": "0" }), good);
  expect(await askNow(passing.openai, request(), signal, NOW)).toMatchObject({
    tries: 3,
    unknown: 0,
    error: null,
  });
  const refusing = await answering(
    says(400, { error: { message: "no such field", type: "invalid_request_error" } }),
  );
  const refused = await askNow(refusing.openai, request(), signal, NOW);
  expect(refused).toMatchObject({ tries: 1, outcome: null });
  expect(refused.error).toContain("no such field");
  const down = await answering(says(503, {}));
  expect(await askNow(down.openai, request(), signal, NOW)).toMatchObject({ tries: 4, outcome: null });
  expect(down.bodies).toHaveLength(4);
});

test("a refused key ends it for all items", async () => {
  const { openai } = await answering(says(401, { error: { message: "bad key" } }));
  await expect(askNow(openai, request(), signal, NOW)).rejects.toThrow(ProviderAuthError);
});

test("a body that stalls ends with the caller's signal", async () => {
  const { openai } = await answering((response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write("{");
  });
  const stop = new AbortController();
  const asked = askNow(openai, request(), stop.signal, NOW);
  setTimeout(() => stop.abort(new Error("enough")), 200);
  await expect(asked).rejects.toThrow("enough");
});

test("both protocols answer, in the sandbox", async () => {
  const sandbox = await startSandbox();
  onTestFinished(() => sandbox.close());
  const openai = await at("openai", sandbox.openaiBaseUrl);
  const plain = CHAT.replace(/,"seed":\d+/, "");
  expect((await askNow(openai, request(plain), signal, NOW)).outcome?.response?.content).toContain("hi");
  const anthropic = await at("anthropic", sandbox.anthropicBaseUrl);
  const message = '{"model":"claude-haiku-4-5","max_tokens":50,"messages":[{"role":"user","content":"hi"}]}';
  const asked = await askNow(anthropic, request(message), signal, NOW);
  expect(asked).toMatchObject({
    tries: 1,
    error: null,
    outcome: { model: expect.stringContaining("claude") },
  });
});
