/**
 * What a user does with a deployed stack, for both providers; the sandbox stands in for the providers.
 *
 * ministack reports every error of a Lambda as `Runtime.HandlerError`, so that permanent failures are retried
 * here as unknown ones are, for 14 s; that retries go by name is checked on the definition (`test/unit/infra`).
 */
import { gzipSync } from "node:zlib";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Sandbox } from "../../local/sandbox/sandbox.ts";
import { BatchResult } from "../../shared/models.ts";
import { EVENT, METRICS } from "../../shared/names.ts";
import type { JobEvent } from "../../shared/payload.ts";
import { Place } from "../harness/command.ts";
import { PROVIDERS } from "../workflow/items.ts";
import type { Deployment } from "./deployment.ts";
import { KEYS, type Stack, startStack } from "./stack.ts";

const ITEMS = 25;
const SECRETS = { openai: "OpenAiSecretName", anthropic: "AnthropicSecretName" } as const;
const MODELS = { openai: "gpt-4.1-mini", anthropic: "claude-haiku-4-5" };

let stack: Stack;
let sandbox: Sandbox;
let aws: Deployment;
beforeAll(async () => {
  stack = await startStack();
  ({ aws, sandbox } = stack);
  await aws.listen();
  await aws.subscribe();
});

afterAll(() => stack?.stop());

/** Items with ids that no provider would take, one line that is not an item, and a phrase to look for. */
const SECRET = "the phrase that must stay in the bucket";
const lines = Array.from({ length: ITEMS }, (_, i) =>
  i === 12
    ? "this is not JSON"
    : JSON.stringify({ custom_id: `№ ${ITEMS - i} / ✓`, user_message: `${SECRET}: what is ${i} + ${i}?` }),
);
const file = `${lines.join("\n")}\n`;

/** What `nightshift doctor` says of the stack: its exit code, and outcome and mend of each check. */
async function doctor(...args: string[]) {
  const place = new Place();
  place.env = stack.env;
  const { code, stdout } = await place.run(["doctor", "--json", ...args]);
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  return { code, checks: Object.fromEntries(lines.map(({ name, outcome }) => [name, outcome])), stdout };
}

/** Waits until the webhook was told of a job's status, as its receiver verifies it. @returns the message's id, for each time it came */
async function toldTheWebhook(job_id: string, status: string, times = 1): Promise<string[]> {
  const webhook = new Webhook(await aws.webhookSecret());
  const told = () =>
    stack.receiver.received.flatMap(({ body, headers }) => {
      const event = JSON.parse(body) as { id: string; "detail-type": string; detail: JobEvent };
      const { id, detail } = event;
      if (detail.job_id !== job_id || detail.status !== status) return [];
      if (event["detail-type"] !== EVENT.detailType) return [];
      webhook.verify(body, headers as Record<string, string>);
      expect(headers["webhook-id"]).toBe(id);
      return [id];
    });
  await expect.poll(() => told().length, { timeout: 60_000 }).toBe(times);
  return told();
}

describe("before there is a key", () => {
  test("the doctor finds the stack in order but for its secrets, and no stack of another name", async () => {
    const { code, checks, stdout } = await doctor("--stack", "Nightshift");
    expect(code).toBe(1);
    expect(checks).toMatchObject({
      stack: "ok",
      outputs: "ok",
      bucket: "ok",
      table: "ok",
      "state machine": "ok",
    });
    expect(checks).toMatchObject({ "OpenAI key": "wrong", "Anthropic key": "wrong", "lost uploads": "ok" });
    expect(stdout).toContain(`--secret-id ${aws.outputs.OpenAiSecretName}`);
    const other = await doctor("--stack", "Dayshift");
    expect([other.code, other.checks.stack]).toEqual([1, "wrong"]);
    expect(other.stdout).toContain("there is no stack Dayshift in us-east-1");
  });

  test("a job fails, and says which command sets one", async () => {
    await aws.upload("inbox/no-key.jsonl", file, { provider: "openai", model: MODELS.openai });
    const events = await aws.eventsOf("no-key");
    expect(events.at(-1)).toMatchObject({ status: "failed", provider: "openai" });
    expect(events.at(-1)?.error).toContain("aws secretsmanager put-secret-value");
    const job_id = events.at(-1)?.job_id ?? "";
    expect(await aws.mailAbout(job_id)).toMatch(
      new RegExp(`Job ${job_id}: failed"\n"Why: nightshift status ${job_id} --stack Nightshift"`),
    );
    await toldTheWebhook(job_id, "in_progress");
    await toldTheWebhook(job_id, "failed");
  });
});

describe.each([
  ["openai", "plain.jsonl", file, "OpenAiSecretName"],
  ["anthropic", "zipped.jsonl.gz", gzipSync(file), "AnthropicSecretName"],
] as const)("a file for %s in inbox/", (provider, name, body, secret) => {
  const job = name.split(".", 1)[0] ?? name;
  let jobId = "";

  test("is answered: events report its start, its batches and its end", async () => {
    await aws.setKey(aws.outputs[secret], KEYS[provider]);
    const before = await sandbox.stats();
    await aws.upload(`inbox/${name}`, body, { provider, model: MODELS[provider] });
    const events = await aws.eventsOf(job);
    jobId = events[0]?.job_id ?? "";
    expect(events).toMatchObject([
      { status: "in_progress", provider, request_count: ITEMS },
      { status: "completed", provider, counts: { succeeded: ITEMS - 1, invalid: 1, failed: 0 } },
    ]);
    const finished = aws.batchesOf(jobId);
    expect(finished.map(({ batch }) => batch).sort()).toEqual([1, 2, 3]);
    for (const { rows } of finished)
      expect(Buffer.byteLength(await aws.read(rows?.key ?? ""))).toBe(rows?.bytes);
    const mail = await aws.mailAbout(jobId);
    expect(mail).toContain(`Job ${jobId}: completed`);
    expect(mail).toContain(`${ITEMS} items: ${ITEMS - 1} succeeded, 0 failed, 1 invalid`);
    expect(mail).toContain(`s3://${aws.outputs.BucketName}/results/${jobId}/`);
    await toldTheWebhook(jobId, "completed");
    const after = await sandbox.stats();
    expect(after[provider].batches_created - before[provider].batches_created).toBe(3);
  });

  test("has one result for each line, in order, under the user's own ids", async () => {
    const text = await aws.read(`results/${jobId}/results.jsonl`);
    const results = text
      .trimEnd()
      .split("\n")
      .map((line) => BatchResult.parse(JSON.parse(line)));
    expect(results.map((result) => result.line)).toEqual(lines.map((_, i) => i + 1));
    expect(results[12]).toMatchObject({ status: "invalid", response: null });
    const answered = results.filter((_, i) => i !== 12);
    expect(answered.map((result) => result.custom_id)).toEqual(
      lines.filter((_, i) => i !== 12).map((line) => JSON.parse(line).custom_id),
    );
    for (const { status, response } of answered) {
      expect(status).toBe("succeeded");
      expect(response?.content).not.toBe("");
    }
  });

  test("leaves the line without an answer and a summary", async () => {
    expect(await aws.read(`results/${jobId}/failed.jsonl`)).toBe("this is not JSON\n");
    const summary = JSON.parse(await aws.read(`results/${jobId}/summary.json`));
    expect(summary).toMatchObject({
      job_id: jobId,
      status: "completed",
      counts: { succeeded: ITEMS - 1, invalid: 1 },
    });
  });

  test("is in the table, as a job and as three provider batches", async () => {
    const record = await aws.record(`job#${jobId}`, "job");
    expect(record).toMatchObject({ job_id: jobId, provider, status: "completed", model: MODELS[provider] });
    for (const batch of [1, 2, 3]) {
      expect(await aws.record(`job#${jobId}`, `batch#${batch}#r1`)).toMatchObject({
        status: "completed",
        provider,
      });
    }
    expect(await aws.record(`job#${jobId}`, "batch#4#r1")).toBeUndefined();
  });

  test("ran as an execution that succeeded and holds neither prompts nor keys", async () => {
    const record = await aws.record(`job#${jobId}`, "job");
    const { status, text } = await aws.execution(String(record?.execution));
    expect(status).toBe("SUCCEEDED");
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain(KEYS[provider]);
  });
});

test("the Lambdas' logs report each step by job, batch, round and provider, and hold the metrics", async () => {
  const logged = await aws.logged();
  const lines = logged.flatMap((line) => (line.startsWith("{") ? [JSON.parse(line)] : []));
  for (const provider of PROVIDERS) {
    const steps = lines.filter((line) => line.provider === provider && line.batch === 3);
    for (const [service, message] of [
      ["submit-batch", "submitted"],
      ["poll-status", "completed"],
      ["collect-results", "collected"],
    ])
      expect(steps).toContainEqual(
        expect.objectContaining({
          service,
          message,
          round: 1,
          level: "INFO",
          job_id: expect.stringMatching(/^(plain|zipped)-/),
          function_request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
          xray_trace_id: expect.stringMatching(/^1-/),
        }),
      );
    for (const { name } of [
      METRICS.queue_wait_seconds,
      METRICS.seen_lag_seconds,
      METRICS.collected_lag_seconds,
    ])
      expect(lines).toContainEqual(
        expect.objectContaining({
          provider,
          [name]: expect.any(Number),
          _aws: expect.objectContaining({
            CloudWatchMetrics: [
              expect.objectContaining({ Namespace: "Nightshift/Nightshift", Dimensions: [["provider"]] }),
            ],
          }),
        }),
      );
  }
  expect(lines).toContainEqual(
    expect.objectContaining({ level: "ERROR", service: "submit-batch", error: "ProviderAuthError" }),
  );
  for (const secret of [SECRET, ...Object.values(KEYS)]) expect(logged.join("\n")).not.toContain(secret);
});

test("a file that names no model fails its execution, with the reason in the event and in the console", async () => {
  await aws.upload("inbox/aimless.jsonl", file);
  const end = (await aws.eventsOf("aimless")).at(-1);
  expect(end).toMatchObject({ status: "failed" });
  const record = await aws.record(`job#${end?.job_id}`, "job");
  const { status, error, cause } = await aws.execution(String(record?.execution));
  expect({ status, error, cause }).toEqual({ status: "FAILED", error: "JobFailed", cause: end?.error });
});

test("an event that the webhook does not take comes again, under the same id", async () => {
  await aws.hastenWebhook();
  stack.receiver.answers.push(500, 302);
  await aws.upload("inbox/again.jsonl", file);
  const job_id = (await aws.eventsOf("again")).at(-1)?.job_id ?? "";
  const ids = await toldTheWebhook(job_id, "failed", 3);
  expect(new Set(ids).size).toBe(1);
  expect(stack.receiver.answers).toEqual([]);
});

test("with its keys the doctor finds nothing wrong, and shows no key", async () => {
  for (const provider of PROVIDERS) await aws.setKey(aws.outputs[SECRETS[provider]], KEYS[provider]);
  const { code, checks, stdout } = await doctor("--stack", "Nightshift");
  expect({ code, checks }).toMatchObject({ code: 0, checks: { "OpenAI key": "ok", "Anthropic key": "ok" } });
  for (const key of Object.values(KEYS)) expect(stdout).not.toContain(key);
});

test("an upload that becomes no job leaves a failed job and a note beside it", async () => {
  await aws.upload("inbox/Aimless.CSV", "id,text\n1,hello\n");
  expect((await aws.eventsOf("Aimless")).at(-1)?.status).toBe("failed");
  expect(await aws.read("inbox/Aimless.CSV.not-a-job.txt")).toMatch(
    /^inbox\/Aimless.CSV did not become a job/,
  );
});

test("other files in the bucket start nothing", async () => {
  await aws.upload("outside.jsonl", file, { provider: "openai", model: MODELS.openai });
  const before = await sandbox.stats();
  await aws.upload("inbox/last.jsonl", file, { provider: "openai", model: MODELS.openai });
  expect((await aws.eventsOf("last")).at(-1)?.status).toBe("completed");
  const after = await sandbox.stats();
  expect(after.openai.batches_created - before.openai.batches_created).toBe(3);
});

describe.each(["openai", "anthropic"] as const)("a job at %s with batches that run", (provider) => {
  const settings = { provider, model: MODELS[provider] };

  /** Uploads a file whose batches run until they are cancelled. @returns the job's id, once one is at the provider */
  async function running(name: string): Promise<string> {
    stack.holdBatches();
    await aws.upload(`inbox/${name}.jsonl`, file, settings);
    const job_id = await aws.begun(name);
    await aws.recordWhen(`job#${job_id}`, "batch#1#r1", (batch) => batch.provider_batch_id !== undefined);
    return job_id;
  }

  async function expectCancelled(job_id: string) {
    const end = (await aws.eventsOf(job_id.slice(0, -13))).at(-1);
    expect(end).toMatchObject({ job_id, status: "cancelled", counts: { invalid: 1 } });
    const results = (await aws.read(`results/${job_id}/results.jsonl`)).trimEnd().split("\n");
    expect(results.map((line) => BatchResult.parse(JSON.parse(line)).line)).toEqual(
      lines.map((_, i) => i + 1),
    );
    expect(end?.counts?.cancelled).toBeGreaterThan(0);
    const record = await aws.record(`job#${job_id}`, "job");
    expect(record).toMatchObject({ status: "cancelled", cancel_requested: true });
    expect((await aws.execution(String(record?.execution))).status).toBe("SUCCEEDED");
    return record;
  }

  test("is cancelled by an attribute of its record", async () => {
    const job_id = await running(`cancelled-${provider}`);
    await aws.setOnJob(job_id, "cancel_requested", true);
    await expectCancelled(job_id);
  });

  test("is settled by another execution when its own is stopped", async () => {
    const job_id = await running(`stopped-${provider}`);
    const execution = String((await aws.record(`job#${job_id}`, "job"))?.execution);
    await aws.stop(execution);
    const record = await expectCancelled(job_id);
    expect(record?.execution).toMatch(/:settle-[0-9a-f]{32}$/);
    expect(record?.fenced_executions).toEqual([execution]);
    expect((await aws.execution(execution)).status).toBe("ABORTED");
  });
});

test("a batch whose child execution dies takes no other with it, and its lines have rows", async () => {
  await aws.setKey(aws.outputs.OpenAiSecretName, KEYS.openai);
  // As the command uploads: it starts no job by itself.
  const key = "inbox/_/0123456789ab/dead-child.jsonl";
  await aws.upload(key, file);
  const execution = await aws.startPatched(
    ({ States }) => {
      const child = States.ProcessBatches?.ItemProcessor;
      if (!child) throw new Error("no Map");
      const Choices = [{ Variable: "$.batch", NumericEquals: 2, Next: "Die" }];
      child.States.Dies = { Type: "Choice", Choices, Default: child.StartAt };
      child.States.Die = { Type: "Fail", Error: "States.Runtime", Cause: "died" };
      child.StartAt = "Dies";
    },
    { key, job: { provider: "openai", model: MODELS.openai } },
  );
  expect((await aws.execution(execution)).status).toBe("FAILED");
  const end = (await aws.eventsOf("dead-child")).at(-1);
  expect(end).toMatchObject({ status: "failed" });
  const job_id = end?.job_id ?? "";
  expect(
    aws
      .batchesOf(job_id)
      .map(({ batch }) => batch)
      .sort(),
  ).toEqual([1, 3]);
  const rows = (await aws.read(`results/${job_id}/results.jsonl`)).trimEnd().split("\n");
  const results = rows.map((row) => BatchResult.parse(JSON.parse(row)));
  expect(results.map(({ line }) => line)).toEqual(lines.map((_, at) => at + 1));
  const failed = results.filter(({ status }) => status === "failed");
  expect(failed.length).toBe(10);
});
