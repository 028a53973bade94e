import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { SandboxOptions } from "../../../../local/sandbox/sandbox.ts";
import { startSandbox } from "../../../../local/sandbox/sandbox.ts";
import {
  anthropicClient,
  chatLine,
  chatLines,
  createOpenai,
  messageRequest,
  messageResults,
  openaiClient,
  resultLines,
} from "./setup.ts";

/** A chat server: it answers in capitals, refuses what contains "refuse", and holds back what contains "hold". */
async function chatServer() {
  const asked: string[] = [];
  let running = 0;
  let most = 0;
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const server = createServer(async (request, response) => {
    running += 1;
    most = Math.max(most, running);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString());
    const text: string = body.messages.at(-1).content;
    asked.push(text);
    if (text.includes("hold")) await released;
    running -= 1;
    response.setHeader("content-type", "application/json");
    if (text.includes("refuse"))
      response.writeHead(422).end(JSON.stringify({ error: { message: "Refused." } }));
    else {
      const message = { role: "assistant", content: text.toUpperCase() };
      const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
      response.end(
        JSON.stringify({ model: body.model, choices: [{ index: 0, message, finish_reason: "stop" }], usage }),
      );
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return { url, asked, release, most: () => most };
}

async function sandboxWith(options: SandboxOptions) {
  const sandbox = await startSandbox({ latencySeconds: 0.05, ...options });
  onTestFinished(() => sandbox.close());
  return { sandbox, openai: openaiClient(sandbox), anthropic: anthropicClient(sandbox) };
}

async function until<T>(look: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await look();
    if (good(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const ask = (text: string) => ({ model: "llama3.2", messages: [{ role: "user", content: text }] });

test("every request is sent once, and errors keep their status", async () => {
  const server = await chatServer();
  const { openai } = await sandboxWith({ upstream: server.url });
  const lines = [...chatLines(30), chatLine("bad", { messages: ask("please refuse").messages })];
  const { id } = await createOpenai(openai, lines);
  const batch = await until(
    () => openai.batches.retrieve(id),
    ({ status }) => status === "completed",
  );
  expect(batch).toMatchObject({
    request_counts: { total: 31, completed: 30, failed: 1 },
    usage: { total_tokens: 450 },
  });
  expect(server.asked).toHaveLength(31);
  expect(server.most()).toBeLessThanOrEqual(8);
  const answers = await resultLines(openai, batch.output_file_id);
  const seventh = answers.find(({ custom_id }) => custom_id === "item-7");
  expect(seventh?.response?.body.choices[0]?.message.content).toBe("DEFINE THE WORD ITEM-7 IN ONE SENTENCE.");
  expect(await resultLines(openai, batch.error_file_id)).toMatchObject([
    { custom_id: "bad", response: { status_code: 422, body: { error: { message: "Refused." } } } },
  ]);
});

test("a request that is to fail is not sent to the upstream server", async () => {
  const server = await chatServer();
  const { openai } = await sandboxWith({ upstream: server.url, failRate: 0.5 });
  const { id } = await createOpenai(openai, chatLines(40));
  const batch = await until(
    () => openai.batches.retrieve(id),
    ({ status }) => status === "completed",
  );
  const { completed, failed } = batch.request_counts ?? { completed: 0, failed: 0 };
  expect([failed > 0, completed + failed, server.asked.length]).toEqual([true, 40, completed]);
});

test("Anthropic's requests are translated both ways", async () => {
  const server = await chatServer();
  const { anthropic } = await sandboxWith({ upstream: server.url });
  const requests = [
    messageRequest("good", ask("hello")),
    messageRequest("bad", ask("please refuse")),
    messageRequest("wrong", { ...ask("never sent"), temperature: 2 }),
  ];
  const { id } = await anthropic.messages.batches.create({ requests });
  await until(
    () => anthropic.messages.batches.retrieve(id),
    (batch) => batch.processing_status === "ended",
  );
  const results = new Map(
    (await messageResults(anthropic, id)).map(({ custom_id, result }) => [custom_id, result]),
  );
  expect(results.get("good")).toMatchObject({
    type: "succeeded",
    message: { content: [{ type: "text", text: "HELLO" }], usage: { input_tokens: 10, output_tokens: 5 } },
  });
  expect(results.get("bad")).toMatchObject({ type: "errored", error: { error: { message: "Refused." } } });
  expect(results.get("wrong")).toMatchObject({
    type: "errored",
    error: { error: { type: "invalid_request_error" } },
  });
  expect(server.asked.toSorted()).toEqual(["hello", "please refuse"]);
});

test("a restart does not send again what was answered", async () => {
  const server = await chatServer();
  const dir = await mkdtemp(join(tmpdir(), "nightshift-test-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  const held = chatLine("held", { messages: ask("hold this").messages });
  const first = await startSandbox({ latencySeconds: 0.05, upstream: server.url, dir });
  const { id } = await createOpenai(openaiClient(first), [...chatLines(20), held]);
  const look = () => openaiClient(first).batches.retrieve(id);
  await until(look, ({ request_counts }) => request_counts?.completed === 20);
  await until(
    async () => server.asked.length,
    (count) => count === 21,
  );
  await first.close();
  server.release();
  const { openai } = await sandboxWith({ upstream: server.url, dir });
  const batch = await until(
    () => openai.batches.retrieve(id),
    ({ status }) => status === "completed",
  );
  expect(batch.request_counts).toEqual({ total: 21, completed: 21, failed: 0 });
  const counts = Map.groupBy(server.asked, (text) => text);
  for (const [text, times] of counts) expect(times, text).toHaveLength(text === "hold this" ? 2 : 1);
});

test("cancelling keeps what was answered", async () => {
  const server = await chatServer();
  const { openai } = await sandboxWith({ upstream: server.url });
  const held = chatLine("held", { messages: ask("hold this").messages });
  const { id } = await createOpenai(openai, [...chatLines(5), held]);
  await until(
    () => openai.batches.retrieve(id),
    ({ request_counts }) => request_counts?.completed === 5,
  );
  await openai.batches.cancel(id);
  const batch = await until(
    () => openai.batches.retrieve(id),
    ({ status }) => status === "cancelled",
  );
  const errors = await resultLines(openai, batch.error_file_id);
  expect(errors).toMatchObject([{ custom_id: "held", response: null, error: { code: "batch_cancelled" } }]);
  expect(await resultLines(openai, batch.output_file_id)).toHaveLength(5);
});

test("a server that cannot be reached is each request's error", async () => {
  const { openai } = await sandboxWith({ upstream: "http://127.0.0.1:9/v1" });
  const { id } = await createOpenai(openai, chatLines(2));
  const batch = await until(
    () => openai.batches.retrieve(id),
    ({ status }) => status === "completed",
  );
  expect(batch.request_counts).toEqual({ total: 2, completed: 0, failed: 2 });
  expect(await resultLines(openai, batch.error_file_id)).toMatchObject([
    { response: { status_code: 502 } },
    { response: { status_code: 502 } },
  ]);
});
