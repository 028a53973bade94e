import { describe, expect, test } from "vitest";
import { LLMResponse, ok } from "../../../../../shared/models.ts";
import { openaiOutcome } from "../../../../../shared/providers/openai/answers.ts";
import { readOutcome } from "../read-outcome.ts";

/** The outcome of a line whose request was answered with `body`. */
function answer(body: unknown, status_code = 200) {
  const response = { status_code, request_id: "r", body };
  const outcome = readOutcome(openaiOutcome, { id: "b", custom_id: "t-1", response, error: null });
  if (outcome.response) LLMResponse.parse(outcome.response);
  expect(outcome.error === null).toBe(ok(outcome));
  return outcome;
}

function chat(
  message: Record<string, unknown> | null,
  finish_reason: unknown = "stop",
  usage: unknown = null,
) {
  return answer({ object: "chat.completion", choices: [{ index: 0, message, finish_reason }], usage });
}

describe("chat completions", () => {
  test("text, usage in full, and a raw line without the body that is in the response", () => {
    const usage = {
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 2, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 3 },
    };
    const outcome = chat({ role: "assistant", content: "hi" }, "stop", usage);
    expect(outcome).toMatchObject({ custom_id: "t-1", status: "succeeded", error: null, retryable: false });
    expect(outcome.response).toMatchObject({
      content: "hi",
      finish_reason: "stop",
      thinking: null,
      parsed: null,
    });
    expect(outcome.response?.usage).toEqual({
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      cached_tokens: 4,
      cache_write_tokens: 2,
      reasoning_tokens: 3,
    });
    expect(outcome.raw).toEqual({
      id: "b",
      custom_id: "t-1",
      response: { status_code: 200, request_id: "r" },
      error: null,
    });
  });

  test("null usage is zero tokens", () => {
    expect(chat({ content: "hi" }).response?.usage).toEqual({
      prompt_tokens: 0,
      completion_tokens: 0,
      total_tokens: 0,
    });
  });

  test("tool calls: parsed arguments, or their text when it is not JSON", () => {
    const outcome = chat(
      {
        content: null,
        tool_calls: [
          { id: "1", type: "function", function: { name: "f", arguments: '{"a":1}' } },
          { id: "2", type: "function", function: { name: "g", arguments: '{"a":' } },
          { id: "3", type: "custom", custom: { name: "h", input: "{}" } },
        ],
      },
      "tool_calls",
    );
    expect(outcome.response).toMatchObject({ content: "", finish_reason: "tool_call" });
    expect(outcome.response?.tool_calls).toEqual([
      { id: "1", name: "f", arguments: { a: 1 } },
      { id: "2", name: "g", arguments: '{"a":' },
      { id: "3", name: "h", arguments: "{}" },
    ]);
  });

  test("reasoning_content of compatible servers is thinking", () => {
    expect(chat({ content: "hi", reasoning_content: "hm" }).response?.thinking).toBe("hm");
  });

  test.each([
    [{ content: null, refusal: "I cannot" }, "stop", "I cannot"],
    [{ content: "half", refusal: null }, "content_filter", "filter"],
  ])("a refusal is an error that keeps its response: %j", (message, finish, text) => {
    const outcome = chat(message, finish);
    expect(outcome).toMatchObject({ status: "failed", retryable: false });
    expect(outcome.error).toContain(text);
    expect(outcome.response).toMatchObject({
      finish_reason: "content_filter",
      content: message.content ?? "",
    });
  });

  test("an answer cut by max tokens is a success", () => {
    expect(chat({ content: "ha" }, "length")).toMatchObject({
      status: "succeeded",
      response: { finish_reason: "length" },
    });
  });
});

describe("parsed", () => {
  const parsed = (content: string) => chat({ content }).response?.parsed;

  test.each([
    ['{"a":1}', { a: 1 }],
    [" [1,2]\n", [1, 2]],
    ['```json\n{"a":"```"}\n```', { a: "```" }],
    ["```\r\n[]\r\n```\n", []],
  ])("%j", (content, value) => expect(parsed(content)).toEqual(value));

  test.each([
    'Here it is:\n```json\n{"a":1}\n```',
    '```json\n{"a":1}\n```\nHope it helps',
    "```json\n1\n```",
    '```json\n{"a":1}\n```\n```json\n{"b":1}\n```',
    '"text"',
    "null",
    "12",
    '{"a":',
    "",
  ])("%j is not JSON as a whole", (content) => {
    const outcome = chat({ content });
    expect(outcome.response?.parsed).toBeNull();
    expect(outcome.response?.content).toBe(content);
  });
});

describe("responses", () => {
  const message = (...content: unknown[]) => ({ type: "message", role: "assistant", content });
  const text = (words: string) => ({ type: "output_text", text: words, annotations: [] });
  const usage = {
    input_tokens: 7,
    output_tokens: 5,
    total_tokens: 12,
    input_tokens_details: { cached_tokens: 3 },
    output_tokens_details: { reasoning_tokens: 2 },
  };

  test("text, reasoning summaries and tool calls", () => {
    const output = [
      {
        type: "reasoning",
        summary: [
          { type: "summary_text", text: "first" },
          { type: "summary_text", text: "then" },
        ],
      },
      message(text("a"), text("b")),
      { type: "function_call", id: "fc", call_id: "call", name: "f", arguments: "{}" },
    ];
    const outcome = answer({ object: "response", status: "completed", output, usage });
    expect(outcome.response).toMatchObject({
      content: "ab",
      thinking: "first\n\nthen",
      finish_reason: "tool_call",
      tool_calls: [{ id: "call", name: "f", arguments: {} }],
      usage: {
        prompt_tokens: 7,
        completion_tokens: 5,
        total_tokens: 12,
        cached_tokens: 3,
        reasoning_tokens: 2,
      },
    });
  });

  test("incomplete: by length a success, by content filter an error", () => {
    const cut = (reason: string) =>
      answer({ status: "incomplete", incomplete_details: { reason }, output: [message(text("ha"))], usage });
    expect(cut("max_output_tokens")).toMatchObject({
      status: "succeeded",
      response: { finish_reason: "length" },
    });
    expect(cut("content_filter")).toMatchObject({
      status: "failed",
      retryable: false,
      response: { finish_reason: "content_filter", content: "ha" },
    });
  });

  test("a refusal part", () => {
    const outcome = answer({
      status: "completed",
      output: [message({ type: "refusal", refusal: "No." })],
      usage,
    });
    expect(outcome).toMatchObject({ status: "failed", error: "content_filter: No.", retryable: false });
  });

  test("a failed response", () => {
    const failed = (code: string) => answer({ status: "failed", output: [], error: { code, message: "m" } });
    expect(failed("server_error")).toMatchObject({
      status: "failed",
      error: "server_error: m",
      retryable: true,
    });
    expect(failed("invalid_image")).toMatchObject({ retryable: false });
  });
});

describe("embeddings", () => {
  const usage = { prompt_tokens: 2, total_tokens: 2 };

  test("a list of vectors by index, and a body without them", () => {
    const one = answer({ object: "list", data: [{ index: 0, embedding: [1, 2] }], usage });
    expect(one).toMatchObject({ status: "succeeded", response: { content: "", parsed: [[1, 2]] } });
    expect(one.response?.raw).toEqual({ object: "list", data: [{ index: 0 }], usage });
    expect(one.response?.usage.prompt_tokens).toBe(2);
    const data = [
      { index: 1, embedding: [3] },
      { index: 0, embedding: [1] },
    ];
    expect(answer({ object: "list", data, usage }).response?.parsed).toEqual([[1], [3]]);
  });

  test("base64 is a vector of 32-bit floats; what is neither is an error that keeps the body", () => {
    const data = [{ index: 0, embedding: "AACAPwAAAMA=", object: "embedding" }];
    const outcome = answer({ object: "list", data, usage });
    expect(outcome).toMatchObject({ status: "succeeded", response: { parsed: [[1, -2]] } });
    expect(outcome.response?.raw).toEqual({
      object: "list",
      data: [{ index: 0, object: "embedding" }],
      usage,
    });
    for (const embedding of ["AAC", [], {}, null, "AADAfw=="]) {
      const odd = answer({ object: "list", data: [{ index: 0, embedding }], usage });
      expect(odd).toMatchObject({ status: "failed", error: "the answer has an embedding that is no vector" });
      expect(odd.response?.raw).toEqual({ object: "list", data: [{ index: 0, embedding }], usage });
    }
  });
});

describe("errors of lines", () => {
  const never = (code: string) =>
    readOutcome(openaiOutcome, { custom_id: "t-1", response: null, error: { code, message: "why" } });

  test.each([
    ["batch_expired", "expired", true],
    ["batch_cancelled", "cancelled", false],
    ["request_timeout", "failed", true],
    ["something_new", "failed", true],
    ["invalid_request", "failed", false],
  ])("%s: %s", (code, status, retryable) => {
    expect(never(code)).toMatchObject({ custom_id: "t-1", status, retryable, response: null });
    expect(never(code).error).toBe(`${code}: why`);
  });

  test.each([
    [400, "invalid_request_error", false],
    [404, "model_not_found", false],
    [408, "timeout", true],
    [409, "conflict", true],
    [429, "rate_limit_exceeded", true],
    [429, "insufficient_quota", false],
    [500, "server_error", true],
    [503, "overloaded", true],
  ])("HTTP %i %s, wherever it stands", (status, code, retryable) => {
    const outcome = answer({ error: { message: "why", type: "t", code } }, status);
    expect(outcome).toMatchObject({ status: "failed", response: null, retryable });
    expect(outcome.error).toBe(`HTTP ${status}: ${code}: why`);
    expect(outcome.raw).toMatchObject({ response: { body: { error: { code } } } });
  });

  test.each([
    ["empty choices", { choices: [] }],
    ["null message", { choices: [{ message: null, finish_reason: "stop" }], usage: null }],
    ["null output", { object: "response", status: "completed", output: null }],
    ["no output", { object: "response", status: "completed", output: [] }],
    ["no data", { object: "list", data: [] }],
    ["unknown kind", { object: "poem" }],
    ["null body", null],
    ["a text", "oops"],
  ])("an odd answer is its item's error: %s", (_, body) => {
    expect(answer(body)).toMatchObject({ custom_id: "t-1", status: "failed", retryable: true });
  });

  test.each([null, 5, "x", [], {}, { custom_id: 7 }, { custom_id: "" }])("no item at all: %j", (line) => {
    expect(readOutcome(openaiOutcome, line)).toMatchObject({
      custom_id: null,
      status: "failed",
      response: null,
      retryable: true,
    });
  });

  test("neither response nor error", () => {
    expect(readOutcome(openaiOutcome, { custom_id: "t-1" })).toMatchObject({
      custom_id: "t-1",
      status: "failed",
      retryable: true,
    });
  });
});

test("/v1/completions: the choice's text is the content", () => {
  const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
  const outcome = answer({
    object: "text_completion",
    choices: [{ text: " world", finish_reason: "length" }],
    usage,
  });
  expect(outcome).toMatchObject({
    status: "succeeded",
    response: { content: " world", finish_reason: "length", usage },
  });
  expect(answer({ choices: [{ text: "", finish_reason: "stop" }] }).error).toContain("empty");
});

test("/v1/moderations: the verdicts are parsed", () => {
  const results = [{ flagged: true, categories: { violence: true }, category_scores: { violence: 0.98 } }];
  const outcome = answer({ id: "modr-1", model: "omni-moderation-latest", results });
  expect(outcome).toMatchObject({ status: "succeeded", error: null, response: { parsed: results } });
});
