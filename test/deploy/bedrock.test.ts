/**
 * A stack whose only provider is Bedrock, in its own bucket: the sandbox stands in for Bedrock, and its events go over the
 * account's bus. On the emulator a wait for a token has no end of its own: whatever is polled here was woken by an event.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { BatchResult } from "../../shared/models.ts";
import { Place } from "../harness/command.ts";
import { deliverAwsEvent } from "./aws-events.ts";
import { type Stack, startStack } from "./stack.ts";

const ITEMS = 300;
const SETTINGS = { provider: "bedrock", model: "amazon.nova-lite-v1:0" };
const SECRET = "the phrase that must stay in the bucket";
const file = Array.from(
  { length: ITEMS },
  (_, i) => `{"custom_id": "№ ${i}", "user_message": "${SECRET}: what is ${i}?"}\n`,
).join("");

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    providers: "bedrock",
    jobDefaults: JSON.stringify({ min_poll_seconds: 600 }),
    providerLimits: JSON.stringify({ bedrock: { max_requests: 150 } }),
  });
  await stack.aws.listen();
});

afterAll(() => stack?.stop());

async function resultsOf(job_id: string): Promise<{ text: string; results: BatchResult[] }> {
  const text = await stack.aws.read(`results/${job_id}/results.jsonl`);
  const lines = text.trimEnd().split("\n");
  return { text, results: lines.map((line) => BatchResult.parse(JSON.parse(line))) };
}

const recordOf = async (job_id: string, batch: number) =>
  (await stack.aws.record(`job#${job_id}`, `batch#${batch}#r1`)) ?? {};

let job_id = "";

test("a job of two batches is answered once, and Bedrock's events wake both waits", async () => {
  await stack.aws.upload("inbox/night.jsonl", file, SETTINGS);
  const events = await stack.aws.eventsOf("night");
  expect(events.at(-1)).toMatchObject({ status: "completed", counts: { succeeded: ITEMS, failed: 0 } });
  job_id = events[0]?.job_id ?? "";
  const { results } = await resultsOf(job_id);
  expect(results.map(({ line, custom_id, status }) => [line, custom_id, status])).toEqual(
    Array.from({ length: ITEMS }, (_, i) => [i + 1, `№ ${i}`, "succeeded"]),
  );
  expect((await stack.sandbox.stats()).bedrock).toMatchObject({
    batches_created: 2,
    requests_billed: ITEMS,
  });
  for (const batch of [1, 2]) {
    const { provider_batch_id } = await recordOf(job_id, batch);
    const wake = await stack.aws.record(`wake#${provider_batch_id}`, "wake");
    expect(wake).toMatchObject({ job_id, batch, news_at: expect.any(Number) });
  }
});

test("Bedrock reads and writes in the job's own prefix; the prompts that it repeats are not in the results", async () => {
  const { provider_batch_id } = await recordOf(job_id, 2);
  const id = String(provider_batch_id).split("/").at(-1);
  const name = "2-r1.request.jsonl";
  const written = await stack.aws.read(`jobs/${job_id}/bedrock/2-r1/${id}/${name}.out`);
  expect(written).toContain(`"modelInput"`);
  expect(written).toContain(SECRET);
  expect(await stack.aws.read(`jobs/${job_id}/batches/${name}`)).toContain(`{"recordId":"`);
  const { text, results } = await resultsOf(job_id);
  expect(text).not.toContain("modelInput");
  for (const { raw } of results) expect(JSON.stringify(raw)).not.toContain(SECRET);
});

test("a job of fewer than 100 items is asked in real time, from the address of batches", async () => {
  const lines = Array.from(
    { length: 7 },
    (_, i) => `{"custom_id": "№ ${i}", "user_message": "${SECRET} ${i}"}\n`,
  );
  await stack.aws.upload("inbox/few.jsonl", lines.join(""), { ...SETTINGS, "small-rounds": "real_time" });
  const end = (await stack.aws.eventsOf("few")).at(-1);
  expect(end).toMatchObject({ status: "completed", counts: { succeeded: 7, failed: 0 } });
  const { results } = await resultsOf(end?.job_id ?? "");
  expect(results.map(({ custom_id, status }) => [custom_id, status])).toEqual(
    lines.map((_, i) => [`№ ${i}`, "succeeded"]),
  );
  const { batches_created, realtime_requests, realtime_tokens } = (await stack.sandbox.stats()).bedrock;
  expect({ batches_created, realtime_requests }).toEqual({ batches_created: 2, realtime_requests: 7 });
  const { receipt } = JSON.parse(await stack.aws.read(`results/${end?.job_id}/summary.json`));
  expect(receipt.real_time.total_tokens).toBe(realtime_tokens.total_tokens);
  expect(receipt.cost_usd).toBe(receipt.real_time_usd);
});

test("the execution holds no prompt", async () => {
  const execution = await stack.aws.record(`job#${job_id}`, "job");
  const { status, text } = await stack.aws.execution(String(execution?.execution));
  expect(status).toBe("SUCCEEDED");
  expect(text).not.toContain(SECRET);
});

test("a job that is cancelled stops Bedrock's, and keeps the answers that are there", async () => {
  stack.holdBatches();
  await stack.aws.upload("inbox/halted.jsonl", file, SETTINGS);
  const halted = await stack.aws.begun("halted");
  const ids = [];
  for (const batch of [1, 2]) {
    const record = await stack.aws.recordWhen(
      `job#${halted}`,
      `batch#${batch}#r1`,
      ({ provider_batch_id }) => provider_batch_id !== undefined,
    );
    ids.push(String(record.provider_batch_id));
    await stack.aws.recordWhen(
      `wake#${record.provider_batch_id}`,
      "wake",
      ({ task_token }) => task_token !== undefined,
    );
  }
  // Half of the records have run.
  stack.passTime(500);
  await stack.aws.setOnJob(halted, "cancel_requested", true);
  // In place of the clock, which would wake them after minutes.
  for (const id of ids) await wake(id);
  const end = (await stack.aws.eventsOf("halted")).at(-1);
  expect(end).toMatchObject({ job_id: halted, status: "cancelled" });
  const { results } = await resultsOf(halted);
  expect(results.map(({ line }) => line)).toEqual(Array.from({ length: ITEMS }, (_, i) => i + 1));
  const succeeded = results.filter(({ status }) => status === "succeeded").length;
  const cancelled = results.filter(({ status }) => status === "cancelled").length;
  expect(succeeded).toBeGreaterThan(0);
  expect(cancelled).toBeGreaterThan(0);
  expect(succeeded + cancelled).toBe(ITEMS);
  expect(end?.counts).toMatchObject({ succeeded, cancelled });
});

/** Somebody else's event of a job's end, or one that comes early: it wakes, and nothing is concluded from it. */
async function wake(id: string): Promise<void> {
  const delivered = await deliverAwsEvent({
    source: "aws.bedrock",
    "detail-type": "Batch Inference Job State Change",
    account: "000000000000",
    region: "us-east-1",
    time: new Date().toISOString(),
    resources: [id],
    detail: { batchJobArn: id, batchJobName: "nightshift-by-hand", status: "Completed" },
  });
  expect(delivered).toBe(1);
}

test("the doctor sees that Bedrock takes the user's credentials, finds the bucket, and knows the model", async () => {
  const place = new Place();
  place.env = { ...stack.env, AWS_ENDPOINT_URL_BEDROCK: stack.sandbox.baseUrls.bedrock };
  const doctor = async (model: string) => {
    const args = ["--stack", "Nightshift", "--provider", "bedrock", "--model", model];
    const { stdout } = await place.run(["doctor", ...args, "--json"]);
    const checks = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    return Object.fromEntries(checks.map(({ name, outcome }) => [name, outcome]));
  };
  expect(await doctor(SETTINGS.model)).toMatchObject({ "Amazon Bedrock": "ok", model: "ok" });
  expect(await doctor("amazon.nova-none")).toMatchObject({ "Amazon Bedrock": "ok", model: "wrong" });
});
