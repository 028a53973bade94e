import { describe, expect, test } from "vitest";
import { jsonObject } from "../../../../cli/arguments.ts";
import { metadataSettings, resolveSpec } from "../../../../functions/prepare-job/job-spec.ts";
import { InvalidJobError } from "../../../../shared/errors.ts";

const source = (from: string, settings: Record<string, unknown>) => ({ from, settings });

test("each setting is taken whole from the strongest source that has it", () => {
  const spec = resolveSpec([
    source("execution", { model: "strongest", defaults: { max_tokens: 1 } }),
    source("header", { model: "weaker", system: "header", defaults: { temperature: 1 } }),
    source("stack", { provider: "openai", system: "stack", max_rounds: 5 }),
  ]);
  expect(spec).toMatchObject({
    provider: "openai",
    model: "strongest",
    system: "header",
    max_rounds: 5,
    defaults: { max_tokens: 1 },
  });
});

test("what no source has gets the contract's default", () => {
  expect(resolveSpec([source("execution", { provider: "anthropic", model: "m" })])).toEqual({
    provider: "anthropic",
    model: "m",
    endpoint: "/v1/chat/completions",
    defaults: {},
    max_rounds: 3,
    min_poll_seconds: 30,
    max_concurrent_batches: 10,
    on_invalid: "continue",
    schema_retries: 1,
    at_deadline: "keep",
    small_rounds: "batch",
  });
});

test.each([
  ["gemini", "gemini-embedding-001"],
  ["mistral", "mistral-embed"],
  ["bedrock", "amazon.titan-embed-text-v2:0"],
  ["bedrock", "cohere.embed-v4:0"],
])("%s: %s is asked for embeddings", (provider, model) => {
  expect(resolveSpec([source("flags", { provider, model })]).endpoint).toBe("/v1/embeddings");
});

test.each([
  ["text-embedding-3-small", "/v1/embeddings"],
  ["nomic-embed-text:latest", "/v1/embeddings"],
  ["intfloat/e5-embeddings", "/v1/embeddings"],
  ["embedder-chat", "/v1/chat/completions"],
  ["gpt-4.1-mini", "/v1/chat/completions"],
])("%s is asked at %s", (model, endpoint) => {
  expect(resolveSpec([source("flags", { provider: "openai", model })]).endpoint).toBe(endpoint);
  const given = { provider: "openai", model, endpoint: "/v1/responses" };
  expect(resolveSpec([source("flags", given)]).endpoint).toBe("/v1/responses");
});

test.each([
  [{ model: "m" }, "provider: missing; give it with --provider"],
  [{ provider: "openai" }, "model: missing; give it with --model"],
  [{ provider: "cohere", model: "m" }, 'provider "cohere" (from here)'],
  [{ provider: "openai", model: "m", modell: 1 }, "modell (from here): unknown setting; did you mean model?"],
  [
    { provider: "openai", model: "m", max_tokens: 1 },
    'max_tokens (from here): unknown setting; give max_tokens in defaults: {"max_tokens": …}',
  ],
  [
    { provider: "openai", model: "m", weather: 1 },
    "weather (from here): unknown setting; there are provider,",
  ],
  [{ provider: "openai", model: "m", defaults: { max_token: 1 } }, "defaults (from here)"],
  [{ provider: "openai", model: "m", defaults: { temperature: 3 } }, "defaults.temperature (from here)"],
  [{ provider: "openai", model: "m", deadline_hours: 0 }, "deadline_hours (from here)"],
  [{ provider: "openai", model: "m", min_poll_seconds: 1.5 }, "min_poll_seconds (from here)"],
  [{ provider: "openai", model: "m", on_invalid: "skip" }, "on_invalid (from here)"],
  [
    { provider: "anthropic", model: "m", endpoint: "/v1/responses" },
    "endpoint (from here): Anthropic has one endpoint alone",
  ],
])("%j: the error names setting and source", (settings, problem) => {
  const resolve = () => resolveSpec([source("here", settings)]);
  expect(resolve).toThrow(InvalidJobError);
  expect(resolve).toThrow(problem);
});

describe("caps of a tenant", () => {
  const job = (settings: Record<string, unknown>) =>
    source("line 1", { provider: "openai", model: "m", ...settings });
  const stack = { ...source("the stack's defaults", { max_cost_usd: 50 }), isDefault: true as const };

  test("what nobody asked for is lowered to the cap, and not raised", () => {
    expect(
      resolveSpec([job({})], { max_cost_usd: 20, max_rounds: 2, max_concurrent_batches: 99 }),
    ).toMatchObject({
      max_cost_usd: 20,
      max_rounds: 2,
      max_concurrent_batches: 10,
    });
    expect(resolveSpec([job({}), stack], { max_cost_usd: 20 }).max_cost_usd).toBe(20);
    expect(resolveSpec([job({}), stack], { max_cost_usd: 80 }).max_cost_usd).toBe(50);
  });

  test("a job may ask for as much, and for less", () => {
    expect(resolveSpec([job({ max_cost_usd: 20 }), stack], { max_cost_usd: 20 }).max_cost_usd).toBe(20);
    expect(resolveSpec([job({ deadline_hours: 1 })], { deadline_hours: 5 }).deadline_hours).toBe(1);
  });

  test("a job that asks for more is refused, with the source and the cap", () => {
    const resolve = () => resolveSpec([job({ max_cost_usd: 20.5 }), stack], { max_cost_usd: 20 });
    expect(resolve).toThrow(InvalidJobError);
    expect(resolve).toThrow(
      "max_cost_usd (from line 1): 20.5 is more than the tenant's jobs may have; ask for at most 20",
    );
  });
});

test("a value that a stronger source replaces is not judged", () => {
  const sources = [
    source("execution", { model: "m", max_rounds: 1 }),
    source("stack", { provider: "openai", max_rounds: 99 }),
  ];
  expect(resolveSpec(sources).max_rounds).toBe(1);
});

test("metadata: dashes, numbers and JSON; what tools add is left out", () => {
  expect(
    metadataSettings({
      provider: "openai",
      model: "123",
      system: "{not json",
      "max-rounds": "2",
      deadline_hours: "0.5",
      "max-cost-usd": "2.5",
      defaults: '{"max_tokens":7}',
      "on-invalid": "fail",
      mtime: "1700000000",
      "s3cmd-attrs": "x",
      md5chksum: "y",
    }),
  ).toEqual({
    provider: "openai",
    model: "123",
    system: "{not json",
    max_rounds: 2,
    deadline_hours: 0.5,
    max_cost_usd: 2.5,
    defaults: { max_tokens: 7 },
    on_invalid: "fail",
  });
});

test("fault 20: metadata of file tools is passed over", () => {
  const tools = {
    ...{
      "file-owner": "0",
      "file-group": "0",
      "file-permissions": "644",
      "file-acl": "x",
      "file-mtime": "1",
    },
    ...{ uid: "1", gid: "1", mode: "33188", mtime: "1", atime: "1", ctime: "1", btime: "1", rdev: "0" },
    ...{ "mc-attrs": "x", "s3cmd-attrs": "x", md5chksum: "x", "user-agent": "aws-datasync", sha256: "x" },
  };
  expect(Object.entries(metadataSettings({ ...tools, model: "m" }))).toEqual([["model", "m"]]);
});

test.each([
  [{ modle: "m" }, "metadata modle: unknown setting; did you mean model?"],
  [{ provder: "openai" }, "metadata provder: unknown setting; did you mean provider?"],
  [{ "max-round": "3" }, "metadata max-round: unknown setting; did you mean max_rounds?"],
  [{ maxcostusd: "3" }, "metadata maxcostusd: unknown setting; did you mean max_cost_usd?"],
  [
    { temperature: "1" },
    'metadata temperature: unknown setting; give temperature in defaults: {"temperature": …}',
  ],
])("fault 20: %j is a slip, and fails", (metadata, problem) => {
  expect(() => metadataSettings(metadata as unknown as Record<string, string>)).toThrow(problem);
});

test.each([
  [{ "max-rounds": "three" }, "metadata max-rounds must be a number"],
  [{ defaults: "max_tokens=7" }, "metadata defaults must be a JSON object"],
  [{ outputs: "[csv" }, "metadata outputs must be a JSON list"],
])("%j: metadata that cannot be read", (metadata, problem) => {
  expect(() => metadataSettings(metadata as unknown as Record<string, string>)).toThrow(problem);
});

test("a turn to real time without a deadline is refused in one sentence", () => {
  const given = { provider: "openai", model: "m", at_deadline: "real_time" };
  expect(() => resolveSpec([source("flags", given)])).toThrow(
    "at_deadline (from flags): the job has no deadline; give deadline_hours",
  );
});

test("a tenant's longest deadline is a deadline", () => {
  const given = { provider: "openai", model: "m", at_deadline: "real_time" };
  expect(resolveSpec([source("flags", given)], { deadline_hours: 6 })).toMatchObject({ deadline_hours: 6 });
});

test("fault 8: a number that is too long for a setting is refused", () => {
  expect(() => metadataSettings({ defaults: '{"extra":{"id":1234567890123456789}}' })).toThrow(
    "the object's metadata defaults: the number 1234567890123456789 is too long for a setting; give it as text",
  );
  expect(() => jsonObject('{"id":1234567890123456789}')).toThrow(
    "the number 1234567890123456789 is too long",
  );
  expect(jsonObject('{"id":-0,"ratio":1e400,"text":"1234567890123456789"}')).toMatchObject({ id: -0 });
});
