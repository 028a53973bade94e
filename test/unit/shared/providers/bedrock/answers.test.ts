import { expect, test } from "vitest";
import { bedrockOutcome } from "../../../../../shared/providers/bedrock/answers.ts";

const PROMPT = "a secret prompt";
const outcomeOf = (line: object) => {
  const text = JSON.stringify({ recordId: "tag-1", modelInput: { messages: [PROMPT] }, ...line });
  const outcome = bedrockOutcome(JSON.parse(text), text);
  expect(outcome.raw).not.toContain(PROMPT);
  return outcome;
};

test("Converse: text, thinking, tool calls with all digits, tokens of the cache", () => {
  const text = `{"recordId":"tag-1","modelInput":{"a":"${PROMPT}"},"modelOutput":{"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"hm"}}},{"text":"Hello"},{"toolUse":{"toolUseId":"t","name":"f","input":{"id":1234567890123456789}}}]}},"stopReason":"tool_use","usage":{"inputTokens":5,"outputTokens":7,"totalTokens":12,"cacheReadInputTokens":3,"cacheWriteInputTokens":2}}}`;
  const outcome = bedrockOutcome(JSON.parse(text), text);
  expect(outcome).toMatchObject({
    custom_id: "tag-1",
    status: "succeeded",
    response: {
      content: "Hello",
      thinking: "hm",
      finish_reason: "tool_call",
      tool_calls: [{ id: "t", name: "f", arguments: '{"id":1234567890123456789}' }],
      usage: { prompt_tokens: 10, completion_tokens: 7, cached_tokens: 3, cache_write_tokens: 2 },
    },
  });
  expect(outcome.raw).not.toContain(PROMPT);
});

test.each([
  [
    "a Message of Claude's",
    { type: "message", content: [{ type: "text", text: "Hi" }], stop_reason: "end_turn" },
  ],
  ["a chat completion", { choices: [{ message: { content: "Hi" }, finish_reason: "stop" }] }],
  [
    "a generation of Llama's",
    { generation: "Hi", prompt_token_count: 3, generation_token_count: 1, stop_reason: "stop" },
  ],
])("InvokeModel: %s", (_, modelOutput) => {
  expect(outcomeOf({ modelOutput })).toMatchObject({ status: "succeeded", response: { content: "Hi" } });
});

test("embeddings of Titan and of Cohere", () => {
  expect(outcomeOf({ modelOutput: { embedding: [0.5, 1], inputTextTokenCount: 3 } })).toMatchObject({
    status: "succeeded",
    response: { parsed: "[[0.5,1]]", usage: { prompt_tokens: 3 } },
  });
  expect(outcomeOf({ modelOutput: { embeddings: [[1], [2]] } }).response?.parsed).toBe("[[1],[2]]");
});

test.each([
  [{ errorCode: 400, errorMessage: "bad input" }, false],
  [{ errorCode: 429, errorMessage: "throttled" }, true],
  [{}, true],
])("an error of %j", (error, retryable) => {
  expect(outcomeOf({ error })).toMatchObject({ status: "failed", response: null, retryable });
});

test("an answer without a text is billed all the same", () => {
  const usage = { inputTokens: 5, outputTokens: 7, totalTokens: 12 };
  const outcome = outcomeOf({ modelOutput: { output: null, stopReason: "end_turn", usage } });
  expect(outcome).toMatchObject({
    status: "failed",
    retryable: true,
    response: { usage: { total_tokens: 12 } },
  });
});

test.each(["guardrail_intervened", "content_filtered"])("%s is a refusal", (stopReason) => {
  const modelOutput = { output: { message: { content: [{ text: "cut" }] } }, stopReason };
  expect(outcomeOf({ modelOutput }).error).toContain("content_filter");
});

test.each([[null], [7], [[]], [{}], [{ recordId: 1 }], [{ recordId: "a", modelOutput: 5 }]])(
  "an odd line %j is that item's error",
  (line) => {
    expect(bedrockOutcome(line, JSON.stringify(line)).status).toBe("failed");
  },
);

test("faults 2, 8: a line's members stand in any order", () => {
  const output = '{"output":{"message":{"content":[{"text":"Hi"}]}},"stopReason":"end_turn"}';
  const text = `{"modelOutput":${output},"recordId":"tag-1","modelInput":{"a":"${PROMPT}"},"odd":1}`;
  const outcome = bedrockOutcome(JSON.parse(text), text);
  expect(outcome).toMatchObject({ status: "succeeded", response: { content: "Hi", raw: output } });
  expect(JSON.parse(outcome.raw)).toEqual({ recordId: "tag-1", odd: 1 });
});

test.each([
  { output: { message: { content: [{ reasoningContent: { redactedContent: "eA==" } }] } } },
  { output: { message: { content: [{}] } } },
  { embedding: [] },
  { embeddings: [] },
  { embeddings: [[1], []] },
])("fault 7: an empty answer is no answer: %j", (modelOutput) => {
  expect(outcomeOf({ modelOutput })).toMatchObject({ status: "failed", retryable: true });
});
