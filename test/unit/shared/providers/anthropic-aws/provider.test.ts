import { createHash } from "node:crypto";
import { beforeEach, expect, test, vi } from "vitest";
import { ApiServer, refuse } from "../api-server.ts";
import { stubAwsKeys } from "../aws-keys.ts";
import { errorOf, providerAt, results, submission } from "../submission.ts";

beforeEach(() => {
  stubAwsKeys();
  vi.stubEnv("ANTHROPIC_AWS_WORKSPACE_ID", "wrkspc_1");
});

const BATCHES = "/v1/messages/batches";
const batch = {
  id: "msgbatch_1",
  processing_status: "in_progress",
  created_at: "2026-01-01T00:00:00Z",
  request_counts: { processing: 1, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
};

test("each call is signed for the workspace, with the hash of its body, and no key", async () => {
  const line = JSON.stringify({ custom_id: "tag-1", result: { type: "expired" } });
  await using server = await ApiServer.start({
    [`POST ${BATCHES}`]: () => batch,
    [`GET ${BATCHES}/msgbatch_1`]: () => batch,
    [`GET ${BATCHES}`]: () => ({ data: [batch], has_more: false }),
    [`GET ${BATCHES}/msgbatch_1/results`]: (_, response) => void response.end(`${line}\n`),
  });
  const provider = await providerAt("anthropic-aws", server.url);
  const text = '{"requests":["é"]}';
  const made = await provider.submitBatch(submission(text, "anthropic"));
  expect(made).toMatchObject({ id: "msgbatch_1", status: "in_progress" });
  await provider.pollStatus("msgbatch_1");
  await provider.checkAccess();
  expect(await results(provider, batch)).toMatchObject([{ custom_id: "tag-1", status: "expired" }]);
  expect(server.got).toHaveLength(4);
  for (const { headers, body } of server.got) {
    expect(headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/eu-west-1\/aws-external-anthropic\/aws4_request, SignedHeaders=[^,]*anthropic-workspace-id[^,]*;host;[^,]*, Signature=[0-9a-f]{64}$/,
    );
    expect(headers["anthropic-workspace-id"]).toBe("wrkspc_1");
    expect(headers["x-amz-security-token"]).toBe("session");
    expect(headers["x-amz-content-sha256"]).toBe(createHash("sha256").update(body).digest("hex"));
    expect(headers["x-api-key"]).toBeUndefined();
  }
  expect(server.got[0]?.body).toBe(text);
  expect(server.got[0]?.headers["content-length"]).toBe(String(Buffer.byteLength(text)));
});

test("a call in real time is signed as well, and sent once", async () => {
  const message = { type: "message", model: "m", content: [{ type: "text", text: "Hi" }], usage: {} };
  await using server = await ApiServer.start({ "POST /v1/messages": () => message });
  const provider = await providerAt("anthropic-aws", server.url);
  const body = '{"model":"m","seed":12345678901234567890}';
  const request = { endpoint: "/v1/chat/completions" as const, custom_id: "a", model: "m", body };
  const outcome = await provider.answerNow({ ...request, betas: ["b-1"] }, new AbortController().signal);
  expect(outcome.response?.content).toBe("Hi");
  expect(server.got).toMatchObject([{ body, headers: { "anthropic-beta": "b-1" } }]);
  expect(server.got[0]?.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 .*anthropic-workspace-id/);
  expect(server.got[0]?.headers["x-amz-content-sha256"]).toBe(
    createHash("sha256").update(body).digest("hex"),
  );
  expect(server.got[0]?.headers["x-api-key"]).toBeUndefined();
});

test("a create is sent once, and its loss is ambiguous", async () => {
  await using server = await ApiServer.start({ [`POST ${BATCHES}`]: refuse(500, "api_error", "no") });
  const provider = await providerAt("anthropic-aws", server.url);
  const error = await errorOf(provider.submitBatch(submission("{}", "anthropic")));
  expect(error).toMatchObject({ name: "ProviderUnavailableError", ambiguous: true });
  expect(server.got).toHaveLength(1);
});

test("a rejection says what to check", async () => {
  await using server = await ApiServer.start({ [`GET ${BATCHES}`]: refuse(403, "permission_error", "no") });
  const provider = await providerAt("anthropic-aws", server.url);
  const error = await errorOf(provider.checkAccess());
  expect(error.name).toBe("ProviderAuthError");
  expect(error.message).toContain("AWS credentials sign the call");
});

test("without AWS credentials a call is not sent, and not billed perhaps", async () => {
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  vi.stubEnv("AWS_PROFILE", undefined);
  vi.stubEnv("AWS_CONFIG_FILE", "/nowhere");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere");
  const provider = await providerAt("anthropic-aws", "http://127.0.0.1:9");
  const ask = { endpoint: "/v1/chat/completions" as const, custom_id: "a", model: "m", body: "{}" };
  const calls = [
    provider.answerNow(ask, new AbortController().signal),
    provider.submitBatch(submission("{}", "anthropic")),
  ];
  for (const error of await Promise.all(calls.map(errorOf))) {
    expect(error).toMatchObject({ name: "ProviderAuthError", missing: true });
    expect(error.message).toContain("there are no AWS credentials; set them, or AWS_PROFILE");
  }
});

test.each(["ANTHROPIC_AWS_WORKSPACE_ID", "AWS_REGION"])("without %s nothing is sent", async (name) => {
  vi.stubEnv(name, "");
  await expect(providerAt("anthropic-aws", "http://127.0.0.1:9")).rejects.toThrow(`needs ${name}`);
});
