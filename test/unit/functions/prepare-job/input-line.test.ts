import { expect, test } from "vitest";
import { isBlank, parseLine as parse, parseObject } from "../../../../functions/prepare-job/input-line.ts";
import { JobSpec } from "../../../../shared/models.ts";

const OPENAI = JobSpec.parse({ provider: "openai", model: "m" });
const ANTHROPIC = JobSpec.parse({ provider: "anthropic", model: "m" });

/** A line that is written as `JSON.stringify` does. */
function parseLine(object: Record<string, unknown>, spec: JobSpec) {
  return parse({ object, text: JSON.stringify(object) }, spec);
}

test.each([
  ['{"a":1}', { object: { a: 1 }, text: '{"a":1}' }],
  ["[]", { problem: "not a JSON object; each line is one object" }],
  ["null", { problem: "not a JSON object; each line is one object" }],
  ["7", { problem: "not a JSON object; each line is one object" }],
  ['{"a":1}{"b":2}', { problem: "not valid JSON at character 7" }],
  ['{"secret":oops}', { problem: "not valid JSON" }],
])("parseObject(%j)", (text, expected) => {
  expect(parseObject(Buffer.from(text))).toEqual(expected);
});

test("bytes that are no UTF-8", () => {
  expect(parseObject(Buffer.from([0x7b, 0xc3, 0x28, 0x7d]))).toEqual({ problem: "not valid UTF-8" });
});

test("blank is spaces, tabs and CR only", () => {
  expect(["", " ", "\t \r"].map((text) => isBlank(Buffer.from(text)))).toEqual([true, true, true]);
  expect(["\u00a0", "\u2028", " x ", "\u0000"].map((text) => isBlank(Buffer.from(text)))).toEqual([
    false,
    false,
    false,
    false,
  ]);
});

test("an own item gets the contract's defaults, and says whether the temperature was set", () => {
  const line = { custom_id: "a", user_message: "hi" };
  expect(parseLine(line, OPENAI)).toEqual({
    custom_id: "a",
    source: {
      kind: "item",
      item: { ...line, temperature: 0, max_tokens: 4096, extra: {} },
      temperature_set: false,
      prompt: '"hi"',
    },
  });
  expect(parseLine({ ...line, temperature: 0 }, OPENAI)).toMatchObject({ source: { temperature_set: true } });
});

test("the job's defaults are for what the line does not set; extra is merged", () => {
  const spec = JobSpec.parse({
    provider: "openai",
    model: "m",
    defaults: { temperature: 0.5, max_tokens: 10, extra: { seed: 1, top_p: 0.5 } },
  });
  const line = { custom_id: "a", user_message: "hi", max_tokens: 20, extra: { seed: 2 } };
  expect(parseLine(line, spec)).toMatchObject({
    source: {
      item: { temperature: 0.5, max_tokens: 20, extra: { seed: 2, top_p: 0.5 } },
      temperature_set: true,
    },
  });
  expect(parseLine({ ...line, extra: 5 }, spec)).toMatchObject({
    problem: expect.stringContaining("extra:"),
  });
  expect(parseLine({ ...line, extra: null }, spec)).toMatchObject({
    source: { item: { extra: { seed: 1, top_p: 0.5 } } },
  });
});

test("native lines, at their own provider and at the other", () => {
  const openai = { custom_id: "a", method: "POST", url: "/v1/chat/completions", body: {} };
  const anthropic = { custom_id: "b", params: {} };
  expect(parseLine(openai, OPENAI)).toEqual({ custom_id: "a", source: { kind: "native", line: openai } });
  expect(parseLine(anthropic, ANTHROPIC)).toEqual({
    custom_id: "b",
    source: { kind: "native", line: anthropic },
  });
  expect(parseLine(openai, ANTHROPIC)).toMatchObject({
    custom_id: "a",
    problem: expect.stringContaining("openai's own format"),
  });
  expect(parseLine(anthropic, OPENAI)).toMatchObject({
    custom_id: "b",
    problem: expect.stringContaining("anthropic's own format"),
  });
});

test.each([
  [{ user_message: "hi" }, "", "custom_id: missing"],
  [{ custom_id: null, user_message: "hi" }, "", "custom_id: missing"],
  [{ custom_id: ["a"], user_message: "hi" }, "", "custom_id: must be a string of 1 or more characters"],
  [{ custom_id: "a", user_message: "x", metadata: "m" }, "a", "metadata: must be an object"],
  [{ custom_id: "", user_message: "hi" }, "", "custom_id: must be a string of 1 or more characters"],
  [{ custom_id: "a" }, "a", "user_message: give exactly one of user_message and messages"],
  [
    { custom_id: "a", user_message: "x", messages: [{ role: "user" }] },
    "a",
    "user_message: give exactly one",
  ],
  [{ custom_id: "a", user_message: 5 }, "a", "user_message:"],
  [{ custom_id: "a", messages: [] }, "a", "messages:"],
  [{ custom_id: "a", messages: [{ content: "no role" }] }, "a", "messages.0.role:"],
  [{ custom_id: "a", user_message: "x", temperature: -0.1 }, "a", "temperature:"],
  [{ custom_id: "a", user_message: "x", max_tokens: 1.5 }, "a", "max_tokens:"],
  [{ custom_id: "a", user_message: "x", oops: 1, ouch: 2 }, "a", 'unknown field "oops", "ouch"'],
])("%j is no item", (line, custom_id, problem) => {
  expect(parseLine(line, OPENAI)).toEqual({ custom_id, problem: expect.stringContaining(problem) });
});

test("fault 19: null is absent, as writers put it for fields that only other rows have", () => {
  const nulls = {
    system: null,
    messages: null,
    temperature: null,
    max_tokens: null,
    extra: null,
    model: null,
  };
  const others = { url: null, body: null, params: null, metadata: null, their_own: null };
  const line = { custom_id: "a", user_message: "hi", ...nulls, ...others };
  expect(parseLine(line, OPENAI)).toEqual(parseLine({ custom_id: "a", user_message: "hi" }, OPENAI));
  const native = { custom_id: "a", params: {}, user_message: null, messages: null };
  expect(parseLine(native, ANTHROPIC)).toMatchObject({ source: { kind: "native" } });
});

test.each([
  ["7", "7"],
  ["12345678901234567890", "12345678901234567890"],
  ["1.0", "1.0"],
])("an id that is a number, %s, is its text", (id, custom_id) => {
  const line = parseObject(Buffer.from(`{"custom_id":${id},"user_message":"hi"}`));
  expect("object" in line && parse(line, OPENAI)).toMatchObject({ custom_id });
});

test("metadata of an item is carried as it is written, and not sent", () => {
  const text = '{"custom_id":"a","user_message":"hi","metadata":{"id":12345678901234567890, "price":1.0}}';
  const line = parseObject(Buffer.from(text));
  const parsed = "object" in line ? parse(line, OPENAI) : undefined;
  expect(parsed).toMatchObject({ input: '{"id":12345678901234567890, "price":1.0}' });
  expect(parsed).not.toHaveProperty("source.item.metadata");
});

test("fault 2: a line deeper than any value is, is invalid and nothing else", () => {
  const deep = `{"custom_id":"a","user_message":"hi","extra":${"[".repeat(6000)}${"]".repeat(6000)}}`;
  expect(parseObject(Buffer.from(deep))).toEqual({ problem: expect.stringContaining("nested deeper") });
});

test("the names of unknown fields are cut, and counted", () => {
  const line = { custom_id: "a", user_message: "x", ["k".repeat(500)]: 1, b: 1, c: 1, d: 1, e: 1 };
  expect(parseLine(line, OPENAI)).toEqual({
    custom_id: "a",
    problem: `unknown field "${"k".repeat(64)}", "b", "c" and 2 more`,
  });
});
