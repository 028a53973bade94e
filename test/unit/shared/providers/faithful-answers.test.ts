import { describe, expect, test } from "vitest";
import { MAX_DEPTH } from "../../../../shared/json/source.ts";
import { receiptOf } from "../../../../shared/money/receipt.ts";
import { anthropicOutcome } from "../../../../shared/providers/anthropic/answers.ts";
import { openaiOutcome } from "../../../../shared/providers/openai/answers.ts";
import { resultTail } from "../../../../shared/providers/wire/answer.ts";
import type { OutcomeOf } from "../../../../shared/providers/wire/result-lines.ts";
import { RoundBill } from "../../../../shared/round/round-bill.ts";
import { recordOf } from "../../../harness/record.ts";
import { readOutcome } from "./read-outcome.ts";

/** A line of `results.jsonl` from the text of a provider's line. */
const rowOf = (outcomeOf: OutcomeOf, text: string) => `{${resultTail(outcomeOf(JSON.parse(text), text))}`;

const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const chatText = (message: string, more = "") =>
  `{"id":"b","custom_id":"t-1","response":{"status_code":200,"body":{"choices":[{"message":${message}}]${more}}},"error":null}`;
const chat = (message: unknown, more = {}) =>
  readOutcome(openaiOutcome, {
    custom_id: "t-1",
    response: {
      status_code: 200,
      body: { choices: [{ message, ...more }], usage: { completion_tokens: 9 } },
    },
  });
const responses = (body: object) =>
  readOutcome(openaiOutcome, { custom_id: "t-1", response: { status_code: 200, body } });
const claude = (message: object) =>
  readOutcome(anthropicOutcome, { custom_id: "t-1", result: { type: "succeeded", message } });

describe("fault 8: what came is what is written, byte for byte", () => {
  const odd = '{"10":1.0,"2":1e400,"a":0.1234567890123456789,"a":1234567890123456789}';

  test("the body and the rest of the line, openai", () => {
    const body = `{ "choices" : [{"message":{"content":"yes"}}], "odd":${odd}}`;
    const row = rowOf(
      openaiOutcome,
      `{"custom_id":"t-1","x":${odd},"response":{"body":${body},"status_code":200},"error":null}`,
    );
    expect(row).toContain(`"raw":${body}},"error":null`);
    expect(row).toContain(
      `"raw":{"custom_id":"t-1","x":${odd},"response":{"status_code":200},"error":null}}`,
    );
  });

  test("the body and the rest of the line, anthropic", () => {
    const message = `{"content":[{"type":"text","text":"yes"}],"odd":${odd}}`;
    const row = rowOf(
      anthropicOutcome,
      `{"custom_id":"t-1","result":{"type":"succeeded","message":${message}}}`,
    );
    expect(row).toContain(
      `"raw":${message}},"error":null,"raw":{"custom_id":"t-1","result":{"type":"succeeded"}}}`,
    );
  });

  test("parsed content and arguments of tools", () => {
    expect(
      rowOf(openaiOutcome, chatText(JSON.stringify({ content: `\`\`\`json\n${odd}\n\`\`\`` }))),
    ).toContain(`"parsed":${odd},"tool_calls"`);
    const pretty = '{\n  "id": 1234567890123456789,\n\t"text": "a  \\n b"\n}';
    expect(rowOf(openaiOutcome, chatText(JSON.stringify({ content: pretty })))).toContain(
      '"parsed":{ "id": 1234567890123456789, "text": "a  \\n b" },',
    );
    const call = { id: "c", type: "function", function: { name: "f", arguments: odd } };
    expect(rowOf(openaiOutcome, chatText(JSON.stringify({ tool_calls: [null, call] })))).toContain(
      `"tool_calls":[{"id":"c","name":"f","arguments":${odd}}]`,
    );
    const value = `{"tool_calls":[null,{"id":"c","function":{"name":"f","arguments":${odd}}}]}`;
    expect(rowOf(openaiOutcome, chatText(value))).toContain(`"name":"f","arguments":${odd}}]`);
    const use = `{"content":[{"type":"text","text":""},{"type":"tool_use","id":"u","name":"g","input":${odd}}]}`;
    expect(
      rowOf(anthropicOutcome, `{"custom_id":"t-1","result":{"type":"succeeded","message":${use}}}`),
    ).toContain(`"tool_calls":[{"id":"u","name":"g","arguments":${odd}}]`);
    const item = `{"output":[{"type":"function_call","call_id":"r","name":"h","arguments":${JSON.stringify(odd)}}]}`;
    expect(
      rowOf(openaiOutcome, `{"custom_id":"t-1","response":{"status_code":200,"body":${item}}}`),
    ).toContain(`"tool_calls":[{"id":"r","name":"h","arguments":${odd}}]`);
  });

  test("a line end between values does not end the row", () => {
    const row = rowOf(openaiOutcome, chatText('{"content":\r"yes"}'));
    expect(row).not.toMatch(/[\r\n]/);
    expect(JSON.parse(row)).toMatchObject({ response: { content: "yes" } });
  });
});

describe("fault 2: depth", () => {
  test("deep content is text only", () => {
    const deep = nested(6000);
    expect(chat({ content: deep })).toMatchObject({
      status: "succeeded",
      response: { content: deep, parsed: null },
    });
    expect(chat({ content: nested(MAX_DEPTH) }).response?.parsed).not.toBeNull();
  });

  test("deep arguments and deep bodies stay as text, and the row can be written again", () => {
    const deep = nested(6000);
    const call = { id: "c", function: { name: "f", arguments: deep } };
    expect(chat({ tool_calls: [call] }).response?.tool_calls).toEqual([
      { id: "c", name: "f", arguments: deep },
    ]);
    const text = chatText('{"content":"yes"}', `,"more":${deep}`);
    const row = JSON.parse(rowOf(openaiOutcome, text));
    expect(JSON.parse(JSON.stringify(row))).toMatchObject({
      status: "succeeded",
      response: { content: "yes" },
    });
    expect(row.response.raw).toContain(deep);
    const use = `{"content":[{"type":"tool_use","id":"u","name":"g","input":${deep}}]}`;
    const used = rowOf(
      anthropicOutcome,
      `{"custom_id":"t-1","result":{"type":"succeeded","message":${use}}}`,
    );
    expect(JSON.parse(used).response.tool_calls).toEqual([{ id: "u", name: "g", arguments: deep }]);
    expect(JSON.parse(used).response.raw).toBe(use);
  });
});

describe("fault 3: absurd numbers", () => {
  const usageOf = (usage: object) =>
    responses({ choices: [{ message: { content: "yes" } }], usage }).response?.usage;

  test.each([1e22, -5, Number.MAX_VALUE, "10", null, 1e13])("a count of %s is none", (prompt_tokens) => {
    expect(usageOf({ prompt_tokens, completion_tokens: 5 })).toEqual({
      prompt_tokens: 0,
      completion_tokens: 5,
      total_tokens: 5,
    });
  });

  test("a total is at least its parts, a part at most its whole", () => {
    expect(usageOf({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 0 })).toMatchObject({
      total_tokens: 15,
    });
    expect(usageOf({ total_tokens: 8 })).toMatchObject({ prompt_tokens: 8, total_tokens: 8 });
    const details = {
      prompt_tokens_details: { cached_tokens: 50, cache_write_tokens: 7 },
      completion_tokens_details: { reasoning_tokens: 90 },
    };
    expect(usageOf({ prompt_tokens: 10, completion_tokens: 5, ...details })).toEqual({
      prompt_tokens: 10,
      completion_tokens: 5,
      total_tokens: 15,
      cached_tokens: 10,
      cache_write_tokens: 0,
      reasoning_tokens: 5,
    });
    const claudes = {
      input_tokens: 1,
      cache_creation: { ephemeral_1h_input_tokens: 9 },
      cache_creation_input_tokens: 3,
    };
    expect(
      claude({ content: [{ type: "text", text: "yes" }], usage: claudes }).response?.usage,
    ).toMatchObject({
      prompt_tokens: 4,
      cache_write_tokens: 3,
      cache_write_1h_tokens: 3,
    });
  });

  test("sums of them stay numbers that the table takes", () => {
    const bill = new RoundBill(recordOf({ job_id: "absurd", model: "gpt-4.1-mini", request_count: 20_000 }));
    const usage = { prompt_tokens: 1e12, completion_tokens: 1e12, total_tokens: 2e12 };
    for (let line = 1; line <= 20_000; line++) bill.add(line, { response: { usage } });
    expect(receiptOf([bill.bill, bill.bill])).toMatchObject({ total_tokens: Number.MAX_SAFE_INTEGER });
  });
});

describe("fault 7: an answer of nothing is no answer", () => {
  const cut = {
    status: "failed",
    error: expect.stringContaining("used all of max_tokens"),
    retryable: false,
  };
  const empty = { status: "failed", error: "the answer is empty", retryable: true };
  const usage = { input_tokens: 5, output_tokens: 9 };

  test("chat", () => {
    expect(chat({ content: "" }, { finish_reason: "length" })).toMatchObject(cut);
    expect(chat({ content: null }, { finish_reason: "length" })).toMatchObject(cut);
    expect(chat({ content: " \n" }, { finish_reason: "stop" })).toMatchObject(empty);
    expect(chat({ content: "" }).response?.usage.completion_tokens).toBe(9);
    expect(chat({ content: "cut" }, { finish_reason: "length" })).toMatchObject({ status: "succeeded" });
    expect(chat({ content: null, audio: { data: "" } })).toMatchObject({ status: "succeeded" });
    expect(chat({ tool_calls: [{ id: "1", function: { name: "f", arguments: "{}" } }] })).toMatchObject({
      status: "succeeded",
    });
    expect(chat({ function_call: { name: "f", arguments: '{"a":1}' } })).toMatchObject({
      response: { tool_calls: [{ id: "", name: "f", arguments: { a: 1 } }] },
    });
  });

  test("responses", () => {
    const thought = { type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] };
    const details = { incomplete_details: { reason: "max_output_tokens" } };
    expect(responses({ status: "incomplete", ...details, output: [thought], usage })).toMatchObject(cut);
    expect(responses({ status: "incomplete", ...details, output: [], usage })).toMatchObject(cut);
    const search = { type: "web_search_call" };
    expect(responses({ status: "incomplete", ...details, output: [search], usage })).toMatchObject(cut);
    expect(responses({ status: "completed", output: [thought], usage })).toMatchObject(empty);
    expect(responses({ status: "completed", output: [search], usage })).toMatchObject({
      status: "succeeded",
    });
  });

  test("anthropic", () => {
    expect(claude({ content: [], stop_reason: "end_turn", usage })).toMatchObject(empty);
    expect(
      claude({ content: [{ type: "thinking", thinking: "hm" }], stop_reason: "max_tokens", usage }),
    ).toMatchObject(cut);
    expect(claude({ content: [{ type: "text", text: "cut" }], stop_reason: "max_tokens" })).toMatchObject({
      status: "succeeded",
    });
    expect(claude({ content: [{ type: "tool_use", id: "1", name: "f", input: {} }] })).toMatchObject({
      status: "succeeded",
    });
    expect(claude({ content: [{ type: "server_tool_use" }] })).toMatchObject({ status: "succeeded" });
  });
});

describe("fault 23: errors say what they can, and a 400 is not sent again", () => {
  const outcome = (line: object) => readOutcome(openaiOutcome, { custom_id: "t-1", ...line });

  test.each([
    [
      { response: { status_code: 0, request_id: "", body: {} }, error: null },
      "the provider did not run this request",
      true,
    ],
    [
      {
        response: { status_code: 400, body: null },
        error: { type: "BadRequestError", message: "why", code: 400 },
      },
      "HTTP 400: BadRequestError: why",
      false,
    ],
    [{ response: { status_code: 400, body: {} }, error: { message: "why" } }, "HTTP 400: why", false],
    [{ response: { status_code: 404, body: { error: "no such model" } } }, "HTTP 404: no such model", false],
    [{ response: { status_code: 422, body: { detail: "bad" } } }, "HTTP 422: bad", false],
    [{ response: { status_code: 500, body: "oops" } }, "HTTP 500: oops", true],
    [
      { response: null, error: { type: "BadRequestError", message: "why", code: 400 } },
      "400: BadRequestError: why",
      false,
    ],
    [{ response: null, error: { type: "InternalServerError", code: 503 } }, "503: InternalServerError", true],
    [{ response: null, error: "broken" }, "broken", true],
    [{ response: null, error: {} }, "the provider gives an error without a word", true],
    [{ response: { status_code: 200, body: { error: { code: "x", message: "why" } } } }, "x: why", true],
    [{ response: { status_code: 200, body: {} } }, "the provider's answer is of an unknown kind", true],
  ])("%j", (line, error, retryable) => {
    expect(outcome(line)).toMatchObject({ status: "failed", error, retryable });
  });

  test("words are bounded", () => {
    const { error } = outcome({ response: { status_code: 400, body: { message: "x".repeat(100_000) } } });
    expect(error?.length).toBeLessThan(1100);
  });
});

test("fault 40: a local server's cut answer that is `completed` is cut", () => {
  const output = [{ type: "message", content: [{ type: "output_text", text: "cut" }] }];
  const body = { status: "completed", output, max_output_tokens: 9 };
  const finish = (output_tokens: number) =>
    responses({ ...body, usage: { output_tokens } }).response?.finish_reason;
  expect(finish(9)).toBe("length");
  expect(finish(8)).toBe("stop");
});
