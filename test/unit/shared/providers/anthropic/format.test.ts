import { describe, expect, test } from "vitest";
import { BatchItem, JobSpec } from "../../../../../shared/models.ts";
import type { RequestSource } from "../../../../../shared/providers/format.ts";
import { formatOf } from "../../../../../shared/providers/formats.ts";

const format = formatOf("anthropic");
const spec = JobSpec.parse({ provider: "anthropic", model: "claude-haiku-4-5" });

function item(fields: Record<string, unknown>, temperature_set = "temperature" in fields): RequestSource {
  return { kind: "item", item: BatchItem.parse({ custom_id: "mine", ...fields }), temperature_set };
}

function params(source: RequestSource, job = spec) {
  const text = format.request(format.body(source, job), job, "tag-1");
  expect(text).toMatch(/^\{"custom_id":"tag-1","params":\{/);
  expect(text).not.toContain("\n");
  return JSON.parse(text).params;
}

test("an item with the defaults", () => {
  expect(params(item({ user_message: "hi" }))).toEqual({
    model: "claude-haiku-4-5",
    max_tokens: 4096,
    messages: [{ role: "user", content: "hi" }],
    temperature: 0,
  });
});

test("an item may have a model of its own", () => {
  expect(params(item({ user_message: "hi", model: "claude-3-opus" })).model).toBe("claude-3-opus");
});

describe("system prompts", () => {
  const job = { ...spec, system: "job" };
  const turn = { role: "user", content: "x" };

  test("the job's is for items without one", () => {
    expect(params(item({ user_message: "x" }), job).system).toBe("job");
    expect(params(item({ user_message: "x", system: "own" }), job).system).toBe("own");
    expect(params(item({ user_message: "x", system: "" }), job)).not.toHaveProperty("system");
  });

  test("leading system messages are lifted", () => {
    const messages = [{ role: "system", content: "a" }, { role: "developer", content: "b" }, turn];
    const made = params(item({ messages, system: "own" }), job);
    expect(made.system).toBe("own\n\na\n\nb");
    expect(made.messages).toEqual([turn]);
    const block = { type: "text", text: "c", cache_control: { type: "ephemeral" } };
    expect(
      params(item({ messages: [messages[0], { role: "system", content: [block] }, turn] }), job).system,
    ).toEqual([{ type: "text", text: "a" }, block]);
  });

  test("nothing but system messages is refused", () => {
    const messages = [{ role: "system", content: "a" }];
    expect(() => params(item({ messages }))).toThrow(expect.objectContaining({ field: "messages" }));
  });
});

describe("temperature", () => {
  test("is left out with thinking, which wants the default, unless it was set", () => {
    const extra = { thinking: { type: "enabled", budget_tokens: 1024 } };
    expect(params(item({ user_message: "x", extra }))).not.toHaveProperty("temperature");
    expect(params(item({ user_message: "x", extra, temperature: 1 })).temperature).toBe(1);
    expect(params(item({ user_message: "x", extra: { thinking: { type: "disabled" } } })).temperature).toBe(
      0,
    );
  });

  test.each([
    "claude-opus-4-7",
    "claude-opus-4-8",
    "claude-sonnet-5",
    "claude-fable-5-1",
    "claude-haiku-5-5",
  ])("%s refuses it: only what was set is sent", (model) => {
    expect(params(item({ user_message: "x" }), { ...spec, model })).not.toHaveProperty("temperature");
    expect(params(item({ user_message: "x", temperature: 0.5 }), { ...spec, model }).temperature).toBe(0.5);
  });

  test.each([
    "claude-haiku-4-5-20251001",
    "claude-opus-4-6",
    "claude-sonnet-4-20250514",
    "claude-3-5-haiku-latest",
    "sandbox",
  ])("%s takes it", (model) =>
    expect(params(item({ user_message: "x" }), { ...spec, model }).temperature).toBe(0),
  );
});

test("native lines are recognized by their keys", () => {
  expect(format.isNative({ custom_id: "a", params: {} })).toBe(true);
  expect(format.isNative({ custom_id: "a", user_message: "x" })).toBe(false);
  expect(format.isNative({ custom_id: "a", body: {} })).toBe(false);
});

test("native lines keep their params as they are", () => {
  const theirs = {
    messages: [{ role: "user", content: "\u2028" }],
    max_tokens: 1,
    model: "claude-x",
    odd: [null],
  };
  const made = params({ kind: "native", line: { custom_id: "mine", params: theirs } });
  expect(JSON.stringify(made)).toBe(JSON.stringify(theirs));
});

const good = { model: "claude-3", max_tokens: 1, messages: [] };
test.each([
  [{ params: { ...good, temperature: 1.5 } }, "params.temperature"],
  [{ params: { ...good, stream: true } }, "params.stream"],
  [{ params: { ...good, model: undefined } }, "params.model"],
  [{ params: { ...good, max_tokens: null } }, "params.max_tokens"],
  [{ params: [] }, "params"],
  [{ params: good, body: {} }, "body"],
])("refuses the native line %j: %s", (line, field) => {
  const source: RequestSource = { kind: "native", line: { custom_id: "mine", ...line } };
  expect(() => params(source)).toThrow(expect.objectContaining({ name: "InvalidItemError", field }));
});

test.each([
  [{ user_message: "x", temperature: 1.1 }, "temperature"],
  [{ user_message: "x", extra: { temperature: 2 } }, "temperature"],
  [{ user_message: "x", extra: { stream: true } }, "stream"],
  [{ user_message: "x", extra: { max_tokens: null } }, "max_tokens"],
])("refuses the item %j: %s", (fields, field) => {
  expect(() => params(item(fields))).toThrow(expect.objectContaining({ name: "InvalidItemError", field }));
});

test("the framing makes one JSON body of the requests", () => {
  const lines = ["a", "b"].map((id) =>
    format.request(format.body(item({ user_message: "x" }), spec), spec, id),
  );
  const { open, separator, close } = format.framing;
  const body = JSON.parse(open + lines.join(separator) + close);
  expect(body.requests.map((request: { custom_id: string }) => request.custom_id)).toEqual(["a", "b"]);
});
