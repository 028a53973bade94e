import { expect, test } from "vitest";
import { BatchItem, JobSpec } from "../../../../../shared/models.ts";
import { formatOf } from "../../../../../shared/providers/formats.ts";

const MODEL = "amazon.nova-lite-v1:0";
const format = formatOf("bedrock");
const specOf = (more: object = {}) => JobSpec.parse({ provider: "bedrock", model: MODEL, ...more });

function requestOf(fields: object, spec = specOf(), temperature_set = "temperature" in fields) {
  const item = BatchItem.parse({ custom_id: "mine", ...fields });
  return JSON.parse(
    format.request(format.body({ kind: "item", item, temperature_set }, spec), spec, "tag-1"),
  );
}

test("a chat is a Converse record", () => {
  expect(requestOf({ user_message: "hi", max_tokens: 7 }, specOf({ system: "Be brief." }))).toEqual({
    recordId: "tag-1",
    modelInput: {
      messages: [{ role: "user", content: [{ text: "hi" }] }],
      system: [{ text: "Be brief." }],
      inferenceConfig: { maxTokens: 7, temperature: 0 },
    },
  });
  const messages = [
    { role: "system", content: "First." },
    { role: "user", content: [{ type: "text", text: "look" }, { image: { format: "png" } }] },
  ];
  expect(requestOf({ messages }).modelInput).toMatchObject({
    system: [{ text: "First." }],
    messages: [{ role: "user", content: [{ text: "look" }, { image: { format: "png" } }] }],
  });
});

test("Claude gets a temperature only where one was asked for", () => {
  const claude = specOf({ model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0" });
  expect(requestOf({ user_message: "hi" }, claude).modelInput.inferenceConfig).toEqual({ maxTokens: 4096 });
  expect(
    requestOf({ user_message: "hi", temperature: 1 }, claude).modelInput.inferenceConfig.temperature,
  ).toBe(1);
});

test("embeddings have the model's own form", () => {
  const titan = specOf({ model: "amazon.titan-embed-text-v2:0", endpoint: "/v1/embeddings" });
  expect(requestOf({ user_message: "hi", extra: { dimensions: 256 } }, titan).modelInput).toEqual({
    inputText: "hi",
    dimensions: 256,
  });
  const cohere = specOf({ model: "cohere.embed-multilingual-v3", endpoint: "/v1/embeddings" });
  expect(requestOf({ user_message: "hi" }, cohere).modelInput).toMatchObject({ texts: ["hi"] });
});

test("native lines go through; tools and models in a line are refused with what to do", () => {
  const line = { custom_id: "a", modelInput: { anthropic_version: "bedrock-2023-05-31", max_tokens: 5 } };
  const invoke = specOf({ endpoint: "invoke-model" });
  expect(format.isNative(line)).toBe(true);
  expect(format.body({ kind: "native", line }, invoke)).toBe(line.modelInput);
  const named = { custom_id: "a", modelInput: { model: "m" } };
  expect(() => format.body({ kind: "native", line: named }, invoke)).toThrow("remove it");
  expect(() => requestOf({ user_message: "x" }, invoke)).toThrow("own form");
  expect(() => requestOf({ user_message: "x", extra: { toolConfig: {} } })).toThrow("invoke-model");
  expect(() => requestOf({ user_message: "x", model: "other" })).toThrow("one a batch");
});
