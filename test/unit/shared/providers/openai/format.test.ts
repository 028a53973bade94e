import { describe, expect, test } from "vitest";
import { BatchItem, JobSpec } from "../../../../../shared/models.ts";
import type { RequestSource } from "../../../../../shared/providers/format.ts";
import { formatOf } from "../../../../../shared/providers/formats.ts";

const format = formatOf("openai");
const spec = JobSpec.parse({ provider: "openai", model: "gpt-4.1-mini" });
const responses: JobSpec = { ...spec, endpoint: "/v1/responses" };
const embeddings: JobSpec = { ...spec, endpoint: "/v1/embeddings", model: "text-embedding-3-small" };

function item(fields: Record<string, unknown>, temperature_set = "temperature" in fields): RequestSource {
  return { kind: "item", item: BatchItem.parse({ custom_id: "mine", ...fields }), temperature_set };
}

function native(line: Record<string, unknown>): RequestSource {
  return {
    kind: "native",
    line: { custom_id: "mine", method: "POST", url: "/v1/chat/completions", ...line },
  };
}

function body(source: RequestSource, job = spec) {
  const text = format.request(format.body(source, job), job, "tag-1");
  expect(text).toMatch(/^\{"custom_id":"tag-1",/);
  expect(text).not.toContain("\n");
  const { body, ...rest } = JSON.parse(text);
  expect(rest).toEqual({ custom_id: "tag-1", method: "POST", url: job.endpoint });
  return body;
}

describe("chat completions", () => {
  test("an item with the defaults", () => {
    expect(body(item({ user_message: "two\nlines" }))).toEqual({
      model: "gpt-4.1-mini",
      messages: [{ role: "user", content: "two\nlines" }],
      max_completion_tokens: 4096,
      temperature: 0,
    });
  });

  test("extra is merged last, and null removes a key", () => {
    const made = body(
      item({ user_message: "x", extra: { temperature: null, top_p: 0.5, max_completion_tokens: 9 } }),
    );
    expect(made).toMatchObject({ top_p: 0.5, max_completion_tokens: 9 });
    expect(made).not.toHaveProperty("temperature");
  });

  test("the item's system prompt is stronger than the job's, a leading system message too", () => {
    const job = { ...spec, system: "job" };
    const turn = { role: "user", content: "x" };
    expect(body(item({ user_message: "x" }), job).messages[0]).toEqual({ role: "system", content: "job" });
    expect(body(item({ user_message: "x", system: "own" }), job).messages).toEqual([
      { role: "system", content: "own" },
      turn,
    ]);
    const messages = [{ role: "developer", content: "own" }, turn];
    expect(body(item({ messages }), job).messages).toEqual(messages);
    expect(body(item({ user_message: "x", system: "" }), job).messages).toEqual([turn]);
  });

  test.each([
    "o1",
    "o3-mini",
    "o4-mini-2025-04-16",
    "gpt-5",
    "gpt-5-nano",
    "gpt-6-astra",
    "ft:o4-mini:me::1",
  ])("%s gets no temperature unless it was set", (model) => {
    expect(body(item({ user_message: "x" }), { ...spec, model })).not.toHaveProperty("temperature");
    expect(body(item({ user_message: "x", temperature: 1 }), { ...spec, model }).temperature).toBe(1);
  });

  test.each(["gpt-4o", "gpt-4.1", "chatgpt-4o-latest", "ft:gpt-4.1:me::1", "llama-3"])(
    "%s gets the contract's temperature",
    (model) => expect(body(item({ user_message: "x" }), { ...spec, model }).temperature).toBe(0),
  );

  test.each([
    [{ user_message: "x", model: "gpt-4o" }, "model"],
    [{ user_message: "x", extra: { model: "gpt-4o" } }, "model"],
    [{ user_message: "x", extra: { stream: true } }, "stream"],
    [{ user_message: "x", extra: { messages: null } }, "messages"],
  ])("refuses %j: %s", (fields, field) => {
    expect(() => body(item(fields))).toThrow(expect.objectContaining({ name: "InvalidItemError", field }));
  });
});

test("responses", () => {
  expect(body(item({ user_message: "x", system: "s", max_tokens: 5 }), responses)).toEqual({
    model: "gpt-4.1-mini",
    instructions: "s",
    input: "x",
    max_output_tokens: 5,
    temperature: 0,
  });
  const messages = [{ role: "user", content: "x" }];
  const made = body(item({ messages }), responses);
  expect(made.input).toEqual(messages);
  expect(made).not.toHaveProperty("instructions");
});

describe("embeddings", () => {
  test("an item is its input, and nothing else", () => {
    expect(body(item({ user_message: "x", extra: { dimensions: 8 } }), embeddings)).toEqual({
      model: "text-embedding-3-small",
      input: "x",
      dimensions: 8,
    });
  });

  test("messages and system prompts are refused", () => {
    const messages = [{ role: "user", content: "x" }];
    expect(() => body(item({ messages }), embeddings)).toThrow(
      expect.objectContaining({ field: "messages" }),
    );
    expect(() => body(item({ user_message: "x", system: "s" }), embeddings)).toThrow(
      expect.objectContaining({ field: "system" }),
    );
  });

  test("weight is the number of inputs", () => {
    const weigh = (input: unknown) => format.weight({ model: embeddings.model, input }, embeddings);
    expect(weigh("one")).toBe(1);
    expect(weigh(["a", "b", "c"])).toBe(3);
    expect(weigh([1, 2, 3, 4])).toBe(1);
    expect(weigh([[1, 2], [3]])).toBe(2);
    expect(format.weight({ model: "m", messages: [] }, spec)).toBe(1);
  });
});

describe("native lines", () => {
  test("are recognized by their keys", () => {
    expect(format.isNative({ custom_id: "a", method: "POST", url: "/", body: {} })).toBe(true);
    expect(format.isNative({ custom_id: "a", body: {} })).toBe(true);
    expect(format.isNative({ custom_id: "a", user_message: "x" })).toBe(false);
    expect(format.isNative({ custom_id: "a", user_message: "x", body: {} })).toBe(false);
    expect(format.isNative({ custom_id: "a", params: {} })).toBe(false);
  });

  test("keep their body as it is", () => {
    const theirs = {
      messages: [{ role: "user", content: "\u2028é" }],
      model: spec.model,
      max_tokens: 1,
      odd: [null],
    };
    expect(JSON.stringify(body(native({ body: theirs })))).toBe(JSON.stringify(theirs));
  });

  const good = { model: spec.model, messages: [] };
  test.each([
    [{ body: good, method: "GET" }, "method"],
    [{ body: good, url: "/v1/responses" }, "url"],
    [{ body: "text" }, "body"],
    [{}, "body"],
    [{ body: { ...good, model: "gpt-4o" } }, "body.model"],
    [{ body: { messages: [] } }, "body.model"],
    [{ body: { model: spec.model } }, "body.messages"],
    [{ body: { ...good, stream: true } }, "body.stream"],
    [{ body: good, temperature: 1 }, "temperature"],
  ])("refuses %j: %s", (line, field) => {
    expect(() => body(native(line))).toThrow(expect.objectContaining({ name: "InvalidItemError", field }));
  });
});
