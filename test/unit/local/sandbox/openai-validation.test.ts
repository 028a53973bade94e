import { expect, test } from "vitest";
import { chatLine, chatLines, createOpenai, openaiLine, resultLines, setup } from "./setup.ts";

const CHAT = "/v1/chat/completions";
const MESSAGES = [{ role: "user", content: "Hello" }];

test.each([
  ["a line that is not JSON", [chatLine("a"), "{nonsense"], { code: "invalid_json_line", line: 2 }],
  ["a line that is no object", ["42"], { code: "invalid_json_line", line: 1 }],
  [
    "a missing custom_id",
    [JSON.stringify({ method: "POST", url: CHAT, body: {} })],
    { code: "missing_required_parameter", param: "custom_id" },
  ],
  [
    "a missing body",
    [JSON.stringify({ custom_id: "a", method: "POST", url: CHAT })],
    { code: "missing_required_parameter", param: "body" },
  ],
  [
    "a missing model",
    [openaiLine("a", CHAT, { messages: MESSAGES })],
    { code: "missing_required_parameter", param: "body.model" },
  ],
  [
    "a custom_id used twice",
    [chatLine("a"), chatLine("b"), chatLine("a")],
    { code: "duplicate_custom_id", line: 3 },
  ],
  [
    "a URL that is not the batch's",
    [openaiLine("a", "/v1/responses", { model: "gpt-4o" })],
    { code: "invalid_url", param: "url" },
  ],
  [
    "an unknown model",
    [chatLine("a", { model: "clippy-1" })],
    { code: "model_not_found", param: "body.model" },
  ],
  ["two models", [chatLine("a"), chatLine("b", { model: "gpt-4o" })], { code: "mismatched_model", line: 2 }],
  ["streaming", [chatLine("a", { stream: true })], { code: "streaming_unsupported" }],
])("%s fails the batch after it was created", async (_name, lines, error) => {
  const { openai, pass } = await setup();
  const created = await createOpenai(openai, lines);
  expect(created.status).toBe("validating");
  pass(10);
  const batch = await openai.batches.retrieve(created.id);
  expect(batch).toMatchObject({
    status: "failed",
    failed_at: 1_800_000_010,
    output_file_id: null,
    error_file_id: null,
  });
  expect(batch.errors?.object).toBe("list");
  expect(batch.errors?.data?.[0]).toMatchObject(error);
  expect(batch.errors?.data).toHaveLength(1);
});

test("a batch that would fail can be cancelled before it does", async () => {
  const { openai, pass } = await setup();
  const { id } = await createOpenai(openai, ["{nonsense"]);
  await openai.batches.cancel(id);
  pass(10);
  expect(await openai.batches.retrieve(id)).toMatchObject({ status: "cancelled", output_file_id: null });
});

test("more requests than the limit fail the batch", async () => {
  const { openai, pass } = await setup({ limits: { openai_requests: 3 } });
  const { id } = await createOpenai(openai, chatLines(4));
  pass(10);
  expect(await openai.batches.retrieve(id)).toMatchObject({
    status: "failed",
    errors: { data: [{ code: "max_requests_exceeded" }] },
  });
});

test("enqueued tokens are counted by model over the batches that have not ended", async () => {
  const { openai, pass } = await setup({ limits: { openai_enqueued_tokens: 30 } });
  const first = await createOpenai(openai, chatLines(1));
  const second = await createOpenai(openai, chatLines(1));
  const other = await createOpenai(openai, [chatLine("a", { model: "gpt-4o" })]);
  pass(20);
  expect((await openai.batches.retrieve(first.id)).status).toBe("in_progress");
  expect((await openai.batches.retrieve(other.id)).status).toBe("in_progress");
  const refused = await openai.batches.retrieve(second.id);
  expect(refused).toMatchObject({
    status: "failed",
    errors: { data: [{ code: "token_limit_exceeded", line: null }] },
  });
  expect(refused.errors?.data?.[0]?.message).toContain("Limit: 30 enqueued tokens");
  pass(80);
  const later = await createOpenai(openai, chatLines(1));
  pass(20);
  expect((await openai.batches.retrieve(later.id)).status).toBe("in_progress");
});

test.each([
  [
    "max_tokens on a reasoning model",
    { model: "o4-mini", max_tokens: 5 },
    { code: "unsupported_parameter", param: "max_tokens" },
  ],
  [
    "a temperature on a reasoning model",
    { model: "gpt-5-mini", temperature: 0 },
    { code: "unsupported_value", param: "temperature" },
  ],
  ["no messages", { messages: undefined }, { code: "missing_required_parameter", param: "messages" }],
  ["empty messages", { messages: [] }, { code: "empty_array", param: "messages" }],
  [
    "a role that nobody has",
    { messages: [{ role: "wizard", content: "x" }] },
    { code: "invalid_value", param: "messages[0].role" },
  ],
  [
    "a message without content",
    { messages: [{ role: "user" }] },
    { code: "missing_required_parameter", param: "messages[0].content" },
  ],
  ["a temperature below 0", { temperature: -1 }, { code: "decimal_below_min_value", param: "temperature" }],
  ["no choices", { n: 0 }, { code: "invalid_value", param: "n" }],
  ["a temperature above 2", { temperature: 3 }, { code: "decimal_above_max_value", param: "temperature" }],
  ["max_tokens of 0", { max_tokens: 0 }, { code: "integer_below_min_value", param: "max_tokens" }],
])("%s is a 400 in the error file, and the batch completes", async (_name, body, error) => {
  const { openai, pass } = await setup();
  const model = "model" in body ? { model: body.model } : {};
  const { id } = await createOpenai(openai, [chatLine("bad", body), chatLine("good", model)]);
  pass(100);
  const batch = await openai.batches.retrieve(id);
  expect(batch).toMatchObject({ status: "completed", request_counts: { total: 2, completed: 1, failed: 1 } });
  const [failed, ...more] = await resultLines(openai, batch.error_file_id);
  expect(more).toEqual([]);
  expect(failed).toMatchObject({
    custom_id: "bad",
    error: null,
    response: { status_code: 400, body: { error: { type: "invalid_request_error", ...error } } },
  });
  expect(await resultLines(openai, batch.output_file_id)).toMatchObject([{ custom_id: "good" }]);
});

test("embeddings count by input, and impossible dimensions are that request's error", async () => {
  const { openai, pass } = await setup({ limits: { openai_embedding_inputs: 3 } });
  const url = "/v1/embeddings";
  const line = (id: string, body: object) =>
    openaiLine(id, url, { model: "text-embedding-3-small", ...body });
  const many = await createOpenai(
    openai,
    [line("a", { input: ["1", "2"] }), line("b", { input: ["3", "4"] })],
    {
      endpoint: url,
    },
  );
  const odd = await createOpenai(openai, [line("a", { input: "1", dimensions: 1e9 })], { endpoint: url });
  pass(100);
  expect(await openai.batches.retrieve(many.id)).toMatchObject({
    status: "failed",
    errors: { data: [{ code: "max_inputs_exceeded" }] },
  });
  expect((await openai.batches.retrieve(odd.id)).request_counts).toEqual({
    total: 1,
    completed: 0,
    failed: 1,
  });
});

test("when every request failed there is no output file", async () => {
  const { openai, pass } = await setup();
  const { id } = await createOpenai(openai, [chatLine("bad", { messages: [] })]);
  pass(100);
  expect(await openai.batches.retrieve(id)).toMatchObject({ status: "completed", output_file_id: null });
});
