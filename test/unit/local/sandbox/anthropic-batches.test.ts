import { connect } from "node:net";
import Anthropic from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import { anthropicClient, collect, messageRequest, messageRequests, messageResults, setup } from "./setup.ts";

const { APIError } = Anthropic;

test("a batch is in progress with everything in `processing`, then ended with the counts", async () => {
  const { anthropic, pass } = await setup();
  const created = await anthropic.messages.batches.create({ requests: messageRequests(40) });
  const counts = { processing: 40, succeeded: 0, errored: 0, canceled: 0, expired: 0 };
  expect(created).toMatchObject({
    type: "message_batch",
    processing_status: "in_progress",
    results_url: null,
  });
  pass(99);
  expect(await anthropic.messages.batches.retrieve(created.id)).toMatchObject({
    processing_status: "in_progress",
    request_counts: counts,
    ended_at: null,
  });
  await expect(anthropic.messages.batches.results(created.id)).rejects.toThrow("results_url");
  pass(1);
  const done = await anthropic.messages.batches.retrieve(created.id);
  expect(done).toMatchObject({
    processing_status: "ended",
    request_counts: { ...counts, processing: 0, succeeded: 40 },
    created_at: "2027-01-15T08:00:00.000Z",
    ended_at: "2027-01-15T08:01:40.000Z",
    expires_at: "2027-01-16T08:00:00.000Z",
  });
  const results = await messageResults(anthropic, created.id);
  const ids = messageRequests(40).map(({ custom_id }) => custom_id);
  expect(results.map(({ custom_id }) => custom_id)).not.toEqual(ids);
  expect(results.map(({ custom_id }) => custom_id).sort()).toEqual(ids.toSorted());
  expect(results.find(({ custom_id }) => custom_id === "item-7")?.result).toMatchObject({
    type: "succeeded",
    message: {
      type: "message",
      role: "assistant",
      stop_reason: "end_turn",
      content: [{ type: "text", text: expect.stringContaining("Define the word item-7") }],
      usage: { service_tier: "batch", input_tokens: expect.any(Number) },
    },
  });
});

test("a cancelled batch keeps what had run; the rest is canceled", async () => {
  const { anthropic, pass } = await setup();
  const { id } = await anthropic.messages.batches.create({ requests: messageRequests(100) });
  pass(50);
  expect((await anthropic.messages.batches.cancel(id)).processing_status).toBe("canceling");
  pass(10);
  const { request_counts } = await anthropic.messages.batches.retrieve(id);
  const types = (await messageResults(anthropic, id)).map(({ result }) => result.type);
  expect(request_counts.succeeded).toBeGreaterThan(20);
  expect(request_counts.canceled).toBe(100 - request_counts.succeeded);
  expect(types.filter((type) => type === "canceled")).toHaveLength(request_counts.canceled);
  await expect(anthropic.messages.batches.cancel(id)).rejects.toMatchObject({ status: 400 });
});

test("what has not run when the batch expires is expired", async () => {
  const { anthropic, pass } = await setup({ expirySeconds: 50 });
  const { id } = await anthropic.messages.batches.create({ requests: messageRequests(100) });
  pass(50);
  const { request_counts, processing_status } = await anthropic.messages.batches.retrieve(id);
  expect(processing_status).toBe("ended");
  expect(request_counts.expired).toBeGreaterThan(20);
  expect(request_counts.succeeded + request_counts.expired).toBe(100);
  const types = (await messageResults(anthropic, id)).map(({ result }) => result.type);
  expect(types.filter((type) => type === "expired")).toHaveLength(request_counts.expired);
});

test.each([
  ["a temperature above 1", { temperature: 1.5 }, "invalid_request_error", /temperature/],
  ["streaming", { stream: true }, "invalid_request_error", /stream/],
  ["no max_tokens", { max_tokens: undefined }, "invalid_request_error", /max_tokens/],
  ["no messages", { messages: [] }, "invalid_request_error", /messages/],
  ["a system message", { messages: [{ role: "system", content: "x" }] }, "invalid_request_error", /system/],
  ["an unknown model", { model: "gpt-4o" }, "not_found_error", /model: gpt-4o/],
])("%s is that request's error, nested twice", async (_name, params, type, message) => {
  const { anthropic, pass } = await setup();
  const requests = [messageRequest("bad", params), messageRequest("good")];
  const { id } = await anthropic.messages.batches.create({ requests });
  pass(100);
  expect((await anthropic.messages.batches.retrieve(id)).request_counts).toMatchObject({
    succeeded: 1,
    errored: 1,
  });
  const bad = (await messageResults(anthropic, id)).find(({ custom_id }) => custom_id === "bad");
  expect(bad?.result).toMatchObject({
    type: "errored",
    error: {
      type: "error",
      error: { type, message: expect.stringMatching(message) },
      request_id: expect.any(String),
    },
  });
});

test.each([
  [
    "a custom_id with a space",
    [messageRequest("a b")],
    /requests\.0\.custom_id: String should match pattern/,
  ],
  [
    "a custom_id of 65 characters",
    [messageRequest("a"), messageRequest("x".repeat(65))],
    /requests\.1\.custom_id/,
  ],
  ["a custom_id used twice", [messageRequest("a"), messageRequest("a")], /unique/],
  ["no requests", [], /at least 1 item/],
  ["a request without params", [{ custom_id: "a" }], /requests\.0\.params: Field required/],
  ["a request without custom_id", [{ params: {} }], /requests\.0\.custom_id: Field required/],
])("%s is a 400 for the whole batch", async (_name, requests, message) => {
  const { anthropic, sandbox } = await setup();
  const create = anthropic.messages.batches.create({ requests: requests as never });
  await expect(create).rejects.toBeInstanceOf(Anthropic.BadRequestError);
  await expect(create).rejects.toThrow(message);
  expect((await sandbox.stats()).anthropic.batches_created).toBe(0);
});

test.each([
  ["too many requests", { anthropic_requests: 3 }],
  ["too many bytes", { anthropic_body_bytes: 500 }],
])("%s are a 413 request_too_large", async (_name, limits) => {
  const { anthropic } = await setup({ limits });
  const error = await anthropic.messages.batches
    .create({ requests: messageRequests(4) })
    .catch((thrown) => thrown);
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ status: 413, error: { error: { type: "request_too_large" } } });
});

test("a body far above the limit gets its 413, not a broken connection", async () => {
  const { anthropic } = await setup({ limits: { anthropic_body_bytes: 1000 } });
  const messages = [{ role: "user", content: "x".repeat(20_000_000) }];
  const create = anthropic.messages.batches.create({ requests: [messageRequest("a", { messages })] });
  await expect(create).rejects.toMatchObject({ status: 413 });
});

test("a full queue is a 429 until batches end", async () => {
  const { anthropic, pass } = await setup({ limits: { anthropic_queued_requests: 5 } });
  await anthropic.messages.batches.create({ requests: messageRequests(3) });
  const create = anthropic.messages.batches.create({ requests: messageRequests(3) });
  await expect(create).rejects.toBeInstanceOf(Anthropic.RateLimitError);
  pass(100);
  await anthropic.messages.batches.create({ requests: messageRequests(3) });
});

test("batches are listed newest first, forwards and backwards", async () => {
  const { anthropic, pass } = await setup();
  const made: string[] = [];
  for (let at = 0; at < 5; at++) {
    made.unshift((await anthropic.messages.batches.create({ requests: messageRequests(1) })).id);
    pass(1);
  }
  const ids = (page: { data: { id: string }[] }) => page.data.map(({ id }) => id);
  const first = await anthropic.messages.batches.list({ limit: 2 });
  expect(ids(first)).toEqual(made.slice(0, 2));
  const all = await collect(anthropic.messages.batches.list({ limit: 2 }));
  expect(all.map(({ id }) => id)).toEqual(made);
  const before = await anthropic.messages.batches.list({ limit: 2, before_id: made[4] as string });
  expect(ids(before)).toEqual(made.slice(2, 4));
  expect(before.has_more).toBe(true);
});

test("results are there for 29 days", async () => {
  const { anthropic, sandbox, pass } = await setup();
  const { id } = await anthropic.messages.batches.create({ requests: messageRequests(1) });
  pass(29 * 24 * 3600 - 1);
  expect(await messageResults(anthropic, id)).toHaveLength(1);
  pass(1);
  const batch = await anthropic.messages.batches.retrieve(id);
  expect(batch).toMatchObject({ archived_at: "2027-02-13T08:00:00.000Z", results_url: null });
  const url = `${sandbox.anthropicBaseUrl}/v1/messages/batches/${id}/results`;
  const headers = { "x-api-key": "any", "anthropic-version": "2023-06-01" };
  expect((await fetch(url, { headers })).status).toBe(404);
});

test("an upload that breaks off leaves nothing", async () => {
  const { anthropic, sandbox } = await setup();
  const socket = connect(sandbox.port, "127.0.0.1");
  const head =
    "POST /anthropic/v1/messages/batches HTTP/1.1\r\nhost: x\r\nx-api-key: k\r\nanthropic-version: 1\r\n";
  const body = JSON.stringify({ requests: messageRequests(5) }).slice(0, -20);
  await new Promise((resolve) => socket.write(`${head}content-length: 100000\r\n\r\n${body}`, resolve));
  socket.destroy();
  expect(await collect(anthropic.messages.batches.list())).toEqual([]);
});

test("a batch can be deleted only after its end", async () => {
  const { anthropic, pass } = await setup();
  const { id } = await anthropic.messages.batches.create({ requests: messageRequests(1) });
  await expect(anthropic.messages.batches.delete(id)).rejects.toBeInstanceOf(Anthropic.BadRequestError);
  pass(100);
  expect(await anthropic.messages.batches.delete(id)).toEqual({ id, type: "message_batch_deleted" });
  await expect(anthropic.messages.batches.retrieve(id)).rejects.toBeInstanceOf(Anthropic.NotFoundError);
});

test("tools that must be used are used, max_tokens cuts, thinking comes first and is charged", async () => {
  const { anthropic, pass } = await setup();
  const tools = [
    { name: "weather", input_schema: { type: "object", properties: { city: { type: "string" } } } },
  ];
  const requests = [
    messageRequest("tool", { tools, tool_choice: { type: "tool", name: "weather" } }),
    messageRequest("cut", { max_tokens: 3 }),
    messageRequest("thought", {
      max_tokens: 2000,
      thinking: { type: "enabled", budget_tokens: 1024 },
    }),
  ];
  const { id } = await anthropic.messages.batches.create({ requests });
  pass(100);
  const results = new Map(
    (await messageResults(anthropic, id)).map(({ custom_id, result }) => [custom_id, result]),
  );
  expect(results.get("tool")).toMatchObject({
    message: {
      stop_reason: "tool_use",
      content: [{ type: "tool_use", name: "weather", input: { city: expect.any(String) } }],
    },
  });
  expect(results.get("cut")).toMatchObject({
    message: { stop_reason: "max_tokens", usage: { output_tokens: 3, output_tokens_details: null } },
  });
  const thought = results.get("thought");
  if (thought?.type !== "succeeded") throw new Error("no answer");
  const { content, usage } = thought.message;
  expect(content.map(({ type }) => type)).toEqual(["thinking", "text"]);
  const thinking = usage.output_tokens_details?.thinking_tokens ?? 0;
  expect(thinking).toBeGreaterThan(0);
  expect(usage.output_tokens).toBeGreaterThan(thinking);
});

test("key and version headers are required; a key may come as bearer or as x-api-key", async () => {
  const { sandbox } = await setup({ keys: { anthropic: ["good"] } });
  const url = `${sandbox.anthropicBaseUrl}/v1/messages/batches`;
  const version = { "anthropic-version": "2023-06-01" };
  expect((await fetch(url, { headers: version })).status).toBe(401);
  expect((await fetch(url, { headers: { ...version, "x-api-key": "bad" } })).status).toBe(401);
  expect((await fetch(url, { headers: { "x-api-key": "good" } })).status).toBe(400);
  expect((await fetch(url, { headers: { ...version, "x-api-key": "good" } })).status).toBe(200);
  const wrong = anthropicClient(sandbox, "bad").messages.batches.list();
  await expect(wrong).rejects.toBeInstanceOf(Anthropic.AuthenticationError);
  await anthropicClient(sandbox, "good").messages.batches.list();
});
