/** `nightshift sandbox` as a process of its own, called by the providers' SDKs. */
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { expect, onTestFinished, test, vi } from "vitest";
import { type Ended, Place } from "../harness/command.ts";
import { type Received, startReceiver } from "../harness/receiver.ts";
import {
  chatLines,
  createOpenai,
  messageRequests,
  messageResults,
  resultLines,
} from "../unit/local/sandbox/setup.ts";

/** Both SDKs' clients; a failure is not retried. The secret is that of the webhooks, when there are any. */
interface Clients {
  openai: OpenAI;
  anthropic: Anthropic;
  webhookSecret: string | undefined;
}

/** Runs the sandbox for as long as `use` takes, then ends it as Ctrl-C does. */
async function withSandbox(
  place: Place,
  args: string[],
  use: (clients: Clients) => Promise<void>,
): Promise<Ended> {
  const running = place.start(["sandbox", "--port", "0", "--json", "--latency", "0.5", ...args]);
  try {
    await running.prints(/\n/);
    const told = JSON.parse(running.stdout.split("\n", 1)[0] ?? "");
    const common = { maxRetries: 0, apiKey: "key-of-the-tester" };
    const openai = new OpenAI({ ...common, baseURL: told.openai_base_url });
    const anthropic = new Anthropic({ ...common, baseURL: told.anthropic_base_url });
    await use({ openai, anthropic, webhookSecret: told.openai_webhook_secret });
  } finally {
    running.kill("SIGINT");
  }
  return await running.ended;
}

async function createAnthropic(anthropic: Anthropic): Promise<Anthropic.Messages.MessageBatch> {
  return await anthropic.messages.batches.create({ requests: messageRequests(1) });
}

async function endOfOpenai(openai: OpenAI, id: string): Promise<OpenAI.Batch> {
  for (;;) {
    const batch = await openai.batches.retrieve(id);
    if (["completed", "failed", "expired", "cancelled"].includes(batch.status)) return batch;
    await sleep(50);
  }
}

async function endOfAnthropic(anthropic: Anthropic, id: string): Promise<Anthropic.Messages.MessageBatch> {
  for (;;) {
    const batch = await anthropic.messages.batches.retrieve(id);
    if (batch.processing_status === "ended") return batch;
    await sleep(50);
  }
}

test("both SDKs run a batch; calls are printed without bodies and keys; Ctrl-C ends it with 0", async () => {
  const place = new Place();
  const { code, stdout, stderr } = await withSandbox(place, ["--verbose"], async ({ openai, anthropic }) => {
    const done = await endOfOpenai(openai, (await createOpenai(openai, chatLines(3))).id);
    expect(await resultLines(openai, done.output_file_id)).toHaveLength(3);
    const { id } = await endOfAnthropic(anthropic, (await createAnthropic(anthropic)).id);
    expect(await messageResults(anthropic, id)).toMatchObject([{ result: { type: "succeeded" } }]);
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toContainEqual({ type: "call", method: "POST", path: "/openai/v1/files", status: 200 });
  expect(lines.at(-1)).toMatchObject({
    type: "end",
    openai: { batches_created: 1, requests_accepted: 3, requests_billed: 3 },
    anthropic: { batches_created: 1, requests_accepted: 1, requests_billed: 1 },
  });
  expect(stdout).not.toContain("Define the word");
  expect(stdout).not.toContain("key-of-the-tester");
});

test("for people it prints the lines that lead the SDKs to it, and nothing without a terminal but text", async () => {
  const place = new Place();
  const { code, stdout } = await place.run(["sandbox", "--port", "0"], { signal: "SIGTERM", when: /Ctrl-C/ });
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^export OPENAI_BASE_URL=http:\/\/127\.0\.0\.1:\d+\/openai\/v1 OPENAI_API_KEY=\w+$/m,
  );
  expect(stdout).toMatch(
    /^export ANTHROPIC_BASE_URL=http:\/\/127\.0\.0\.1:\d+\/anthropic ANTHROPIC_API_KEY=\w+$/m,
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that there is none is what is tested
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});

test("a port that is in use is refused, with a way out", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const { code, stdout, stderr } = await new Place().run(["sandbox", "--port", String(port)]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain(`port ${port} is in use`);
  expect(stderr).toContain("--port 0");
});

test("a data folder keeps batches for the next start, and is one sandbox's at a time", async () => {
  const place = new Place();
  const kept = ["--data-dir", "kept"];
  let id = "";
  const first = await withSandbox(place, kept, async ({ openai }) => {
    id = (await createOpenai(openai, chatLines(1))).id;
    const second = await place.run(["sandbox", "--port", "0", ...kept]);
    expect(second).toMatchObject({ code: 1, stdout: "" });
    expect(second.stderr).toMatch(/kept is in use by process \d+/);
  });
  const next = await withSandbox(place, kept, async ({ openai }) => {
    expect((await endOfOpenai(openai, id)).status).toBe("completed");
  });
  expect([first.code, next.code]).toEqual([0, 0]);
  expect(place.read(join("kept", "openai", "batches", id, "record.json"))).toContain(id);
});

test("--fault: a create whose answer is lost has made a batch, the next create is answered", async () => {
  await withSandbox(new Place(), ["--fault", "lost-create", "--fault", "cut-results"], async (clients) => {
    const { openai, anthropic } = clients;
    await expect(createOpenai(openai, chatLines(1))).rejects.toBeInstanceOf(OpenAI.InternalServerError);
    await expect(createAnthropic(anthropic)).rejects.toBeInstanceOf(Anthropic.InternalServerError);
    expect((await openai.batches.list()).data).toHaveLength(1);
    expect((await anthropic.messages.batches.list()).data).toHaveLength(1);
    const { output_file_id } = await endOfOpenai(openai, (await createOpenai(openai, chatLines(1))).id);
    await expect(resultLines(openai, output_file_id)).rejects.toThrow();
    expect(await resultLines(openai, output_file_id)).toHaveLength(1);
  });
});

test("--fail-rate: requests end in the provider's error, some and not others, the batch completes", async () => {
  await withSandbox(new Place(), ["--fail-rate", "0.5"], async ({ openai, anthropic }) => {
    const batch = await endOfOpenai(openai, (await createOpenai(openai, chatLines(200))).id);
    expect(batch.status).toBe("completed");
    const failed = batch.request_counts?.failed ?? 0;
    expect(failed).toBeGreaterThan(60);
    expect(failed).toBeLessThan(140);
    const errors = await resultLines(openai, batch.error_file_id);
    expect(errors).toHaveLength(failed);
    expect(errors[0]).toMatchObject({ response: { status_code: 500 } });
    const outcomes = new Set<string>();
    // One request a batch: whether it fails depends on the batch.
    while (outcomes.size < 2) {
      const { id } = await endOfAnthropic(anthropic, (await createAnthropic(anthropic)).id);
      for (const { result } of await messageResults(anthropic, id)) {
        outcomes.add(result.type === "errored" ? result.error.error.type : result.type);
      }
    }
    expect([...outcomes].sort()).toEqual(["api_error", "succeeded"]);
  });
});

test("--error-rate: calls fail and do nothing", async () => {
  await withSandbox(new Place(), ["--error-rate", "1"], async ({ openai }) => {
    await expect(openai.batches.list()).rejects.toBeInstanceOf(OpenAI.InternalServerError);
  });
});

test("limits and times are those of the flags", async () => {
  const args = ["--max-requests", "2", "--queue-limit", "1", "--latency", "60", "--expire-after", "0"];
  await withSandbox(new Place(), args, async ({ openai, anthropic }) => {
    expect((await endOfOpenai(openai, (await createOpenai(openai, chatLines(2))).id)).status).toBe("expired");
    const { id } = await endOfAnthropic(anthropic, (await createAnthropic(anthropic)).id);
    expect((await anthropic.messages.batches.retrieve(id)).request_counts.expired).toBe(1);
  });
  await withSandbox(new Place(), ["--token-limit", "5"], async ({ openai }) => {
    const { errors } = await endOfOpenai(openai, (await createOpenai(openai, chatLines(1))).id);
    expect(errors?.data?.[0]?.code).toBe("token_limit_exceeded");
  });
});

test.each([
  [["--fault", "earthquake"], "Allowed choices are lost-create"],
  [["--fail-rate", "5"], "'--fail-rate <share>' argument '5' is invalid"],
  [["--port", "http"], "'--port <number>' argument 'http' is invalid"],
  [["--latency", "-1"], "'--latency <seconds>' argument '-1' is invalid"],
])("%j is refused before anything starts", async (args, message) => {
  const { code, stdout, stderr } = await new Place().run(["sandbox", ...args]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(message);
});

test("--webhook: the end of a batch is sent, signed with a new secret that is printed, or the environment's", async () => {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  const place = new Place();
  const secrets: (string | undefined)[] = [];
  const given = `whsec_${btoa("a secret of the environment's")}`;
  for (const OPENAI_WEBHOOK_SECRET of ["", given]) {
    place.env = { OPENAI_WEBHOOK_SECRET };
    receiver.received.length = 0;
    const args = ["--webhook", receiver.url, "--verbose"];
    const { stdout } = await withSandbox(place, args, async ({ openai, webhookSecret }) => {
      const batch = await createOpenai(openai, chatLines(1));
      await vi.waitFor(() => expect(receiver.received).toHaveLength(1), { timeout: 10_000 });
      const [{ body, headers }] = receiver.received as [Received];
      const secret = webhookSecret ?? OPENAI_WEBHOOK_SECRET;
      const event = await openai.webhooks.unwrap(body, headers as Record<string, string>, secret);
      expect(event).toMatchObject({ type: "batch.completed", data: { id: batch.id } });
      secrets.push(webhookSecret);
    });
    expect(stdout).toMatch(/"type":"webhook","event":"batch.completed","batch":"batch_\w+","status":204/);
  }
  expect(secrets).toEqual([expect.stringMatching(/^whsec_/), undefined]);
  place.env = { OPENAI_WEBHOOK_SECRET: "sk-no-signing-secret" };
  const refused = await place.run(["sandbox", "--port", "0", "--webhook", receiver.url]);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("must be whsec_ and base64") });
  expect(refused.stderr).not.toContain("sk-no");
});
