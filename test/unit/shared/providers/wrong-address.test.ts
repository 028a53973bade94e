/** An address where something else answers: a person must know, and no batch is sent. */
import type { ServerResponse } from "node:http";
import { afterEach, expect, test, vi } from "vitest";
import { type Access, holdsPassword } from "../../../../shared/providers/access.ts";
import { providerOf } from "../../../../shared/providers/registry.ts";
import { type Call, providerError } from "../../../../shared/providers/wire/call-errors.ts";
import { ApiServer } from "./api-server.ts";
import { errorOf, providerAt, submission } from "./submission.ts";

afterEach(() => vi.unstubAllEnvs());

const mark = { job_id: "j", batch: 1, round: 1, tag: "t" };

test.each(["openai", "anthropic", "gemini"] as const)(
  "%s: looking for a batch at a server without a batch API says which address to check",
  async (provider) => {
    const server = await ApiServer.start({});
    const { findBatch } = await providerAt(provider, server.url).then((made) => ({
      findBatch: () => made.findBatch({ mark, request_count: 1, created_after: 0 }),
    }));
    expect(await errorOf(findBatch())).toMatchObject({
      name: "ProviderAuthError",
      message: expect.stringContaining(
        `what answers at ${server.url} has no batch API; check the address, then start the job again`,
      ),
    });
  },
);

const redirect = (_: unknown, response: ServerResponse) =>
  void response.writeHead(307, { location: "https://elsewhere.invalid/" }).end();

test("a create, an upload or a request in real time that is redirected was not taken: the address is wrong", async () => {
  await using server = await ApiServer.start({
    "POST /v1/messages/batches": redirect,
    "POST /files": redirect,
    "POST /v1/messages": redirect,
    "GET /v1/messages/batches/b": redirect,
  });
  const anthropic = await providerAt("anthropic", server.url);
  const openai = await providerAt("openai", server.url);
  const ask = { endpoint: "/v1/chat/completions", custom_id: "a", body: "{}", model: "m" } as const;
  const calls = [
    () => anthropic.submitBatch(submission("{}", "anthropic")),
    () => openai.submitBatch(submission("{}", "openai")),
    () => anthropic.answerNow(ask, new AbortController().signal),
  ];
  for (const call of calls) {
    const { name, message } = await errorOf(call());
    expect([name, message]).toEqual(["ProviderAuthError", expect.stringContaining("check the address")]);
  }
  // A poll may have met a proxy that asks for a log-in: the batch is still there.
  expect(await errorOf(anthropic.pollStatus("b"))).toMatchObject({ name: "ProviderUnavailableError" });
});

test("a header of the environment that cannot be sent is named, without what it holds", async () => {
  await using server = await ApiServer.start({});
  vi.stubEnv("OPENAI_ORG_ID", "org-secret\n☃");
  const openai = await providerAt("openai", server.url);
  const { name, message } = await errorOf(openai.submitBatch(submission("{}", "openai")));
  expect(name).toBe("ProviderAuthError");
  expect(message).toMatch(
    /^OpenAI: Invalid character in header content \["openai-organization"\]; check the env/,
  );
  expect(message).not.toContain("secret");
  expect(server.got).toEqual([]);
});

test("a create that never reached the server is not looked for: all addresses timed out, or a proxy refused", () => {
  const access: Access = { kind: "key", base_url: "https://a", settings: {}, api_key: { key: "k" } };
  const call: Call = { provider: "OpenAI", access, what: "creating a batch", kind: "create" };
  for (const [error, code] of [
    [new AggregateError([]), "ETIMEDOUT"],
    [new Error("407"), "ERR_PROXY_TUNNEL"],
  ] as const) {
    expect(providerError(Object.assign(error, { code }), call)).toMatchObject({ ambiguous: false });
  }
});

test("an address with a password is refused, and not shown", async () => {
  const { name, message } = await errorOf(
    providerAt("openai", "https://someone:pass-word@gateway.invalid/v1"),
  );
  expect(name).toBe("ProviderAuthError");
  expect(message).toBe("OPENAI_BASE_URL holds a user name or a password: take them out of the address");
});

test("and so is the address that is asked in real time", async () => {
  vi.stubEnv("AWS_REGION", "us-east-1");
  vi.stubEnv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "https://someone:pass-word@gateway.invalid");
  const { name, message } = await errorOf(providerOf({ provider: "bedrock" }, "real_time"));
  expect(name).toBe("ProviderAuthError");
  expect(message).toBe(
    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME holds a user name or a password: take them out of the address",
  );
});

// The doctor and the calls had two rules, which differed for the first three.
test.each([
  ["https://gateway.invalid?user=me@firm.example", false],
  ["https://gateway.invalid#me@firm.example", false],
  ["https:someone:pass-word@gateway.invalid", true],
  ["https://someone:pass-word@gateway.invalid/v1", true],
  ["https://someone@gateway.invalid/v1", true],
  ["https://someone:pass-word@gateway.invalid:99999/v1", true],
  ["https://gateway.invalid/v1/me@firm.example", false],
  ["no address", false],
])("%s holds a password: %s", (address, holds) => expect(holdsPassword(address)).toBe(holds));
