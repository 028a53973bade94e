import { describe, expect, test } from "vitest";
import { LLMResponse, ok } from "../../../../../shared/models.ts";
import { anthropicOutcome } from "../../../../../shared/providers/anthropic/answers.ts";
import { readOutcome } from "../read-outcome.ts";

function outcomeOf(result: unknown) {
  const outcome = readOutcome(anthropicOutcome, { custom_id: "t-1", result });
  if (outcome.response) LLMResponse.parse(outcome.response);
  expect(outcome.error === null).toBe(ok(outcome));
  return outcome;
}

function message(content: unknown, stop_reason: unknown = "end_turn", more: Record<string, unknown> = {}) {
  return outcomeOf({ type: "succeeded", message: { id: "m", content, stop_reason, ...more } });
}

const text = (words: string) => ({ type: "text", text: words });

test("text, thinking, tools and usage", () => {
  const outcome = message(
    [
      { type: "thinking", thinking: "hm", signature: "s" },
      { type: "redacted_thinking", data: "x" },
      text("a"),
      text("b"),
      { type: "server_tool_use", id: "s", name: "web_search", input: {} },
      { type: "tool_use", id: "t", name: "f", input: { a: 1 } },
      null,
      { type: "from the future" },
    ],
    "tool_use",
    {
      usage: {
        input_tokens: 10,
        output_tokens: 5,
        cache_read_input_tokens: 100,
        cache_creation_input_tokens: 20,
        output_tokens_details: { thinking_tokens: 3 },
      },
    },
  );
  expect(outcome).toMatchObject({ custom_id: "t-1", status: "succeeded", error: null, retryable: false });
  expect(outcome.response).toMatchObject({
    content: "ab",
    thinking: "hm",
    finish_reason: "tool_call",
    tool_calls: [{ id: "t", name: "f", arguments: { a: 1 } }],
    usage: {
      prompt_tokens: 130,
      completion_tokens: 5,
      total_tokens: 135,
      cached_tokens: 100,
      cache_write_tokens: 20,
      reasoning_tokens: 3,
    },
  });
  expect(outcome.raw).toEqual({ custom_id: "t-1", result: { type: "succeeded" } });
});

test("JSON as a whole is parsed", () => {
  expect(message([text('{"a":'), text("1}")]).response?.parsed).toEqual({ a: 1 });
});

test.each([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["pause_turn", "length"],
  [null, "stop"],
  ["new_reason", "stop"],
])("stop_reason %s is %s, and a success", (reason, finish_reason) => {
  expect(message([text("a")], reason)).toMatchObject({ status: "succeeded", response: { finish_reason } });
});

test("a refusal is an error that keeps its response", () => {
  expect(message([text("I")], "refusal")).toMatchObject({
    status: "failed",
    retryable: false,
    error: "content_filter: the model refused",
    response: { finish_reason: "content_filter", content: "I" },
  });
  const stop_details = { type: "refusal", category: "bio", explanation: "Because." };
  expect(message([], "refusal", { stop_details }).error).toBe("content_filter: Because.");
});

describe("results without an answer", () => {
  test.each([
    ["invalid_request_error", false],
    ["permission_error", false],
    ["not_found_error", false],
    ["request_too_large", false],
    ["overloaded_error", true],
    ["api_error", true],
    ["rate_limit_error", true],
    ["something_new", true],
  ])("errored %s", (type, retryable) => {
    const error = { type: "error", error: { type, message: "why" }, request_id: "r" };
    expect(outcomeOf({ type: "errored", error })).toMatchObject({
      status: "failed",
      error: `${type}: why`,
      retryable,
      raw: { result: { error } },
    });
    expect(outcomeOf({ type: "errored", error: error.error }).error).toBe(`${type}: why`);
  });

  test("expired and cancelled", () => {
    expect(outcomeOf({ type: "expired" })).toMatchObject({ status: "expired", retryable: true });
    expect(outcomeOf({ type: "canceled" })).toMatchObject({ status: "cancelled", retryable: false });
  });

  test.each([
    [{ type: "succeeded", message: null }],
    [{ type: "succeeded", message: { content: null } }],
    [{ type: "from the future" }],
    [null],
    ["text"],
    [{ type: "errored", error: null }],
  ])("an odd result is its item's error: %j", (result) => {
    expect(outcomeOf(result)).toMatchObject({ custom_id: "t-1", status: "failed", retryable: true });
  });

  test.each([null, 5, [], {}, { custom_id: null, result: {} }])("no item at all: %j", (line) => {
    expect(readOutcome(anthropicOutcome, line)).toMatchObject({
      custom_id: null,
      status: "failed",
      retryable: true,
    });
  });
});
