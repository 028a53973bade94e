/** The state machine of a stack with OpenAI's webhooks: they end a wait at once, and nothing depends on them. */
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { handler } from "../../functions/receive-webhook/handler.ts";
import { strike } from "../../local/sandbox/faults.ts";
import { signed } from "../../local/sandbox/openai/webhooks.ts";
import { ENV } from "../../shared/names.ts";
import { readBatch } from "../../shared/records/batch-record.ts";
import { getRecord } from "../../shared/records/table.ts";
import { readSource } from "../../shared/workflow/job-source.ts";
import { itemLines, type JobRun, jobAt, startWorld, statesOf, upload } from "../harness/harness.ts";
import { secretsManager } from "../unit/shared/secrets-manager.ts";
import { CallbackTasks } from "./callback-tasks.ts";
import { functionUrl } from "./function-url.ts";

const tasks = new CallbackTasks();
const world = await startWorld({ park: tasks.park });
const SECRET = `whsec_${Buffer.from("what OpenAI signs with in a test").toString("base64")}`;
/** Longer than any test. */
const FOR_EVER = { min_poll_seconds: 900 };

beforeAll(async () => {
  await tasks.listen();
  process.env[ENV.openaiWebhookSecret] = "webhooks";
  const secrets = await secretsManager({ webhooks: SECRET });
  return () => secrets[Symbol.asyncDispose]();
});

/** A sandbox that sends its webhooks to the deployed handler. */
async function withWebhooks(receive = handler) {
  Object.assign(tasks.ended, { woken: 0, tooLate: 0 });
  const webhook = { url: await functionUrl(receive), secret: SECRET };
  return world.sandbox({ latencySeconds: 0.5, webhook });
}

/** Delivers the news of a batch's end, as OpenAI does. */
async function deliver(provider_batch_id: string): Promise<number> {
  const body = JSON.stringify({ id: "evt_1", type: "batch.completed", data: { id: provider_batch_id } });
  const headers = signed(SECRET, "wh_1", body);
  const http = { method: "POST" };
  return (await handler({ requestContext: { http }, headers, body, isBase64Encoded: false })).statusCode;
}

/** Runs `at(wait, batch)` before the token of a wait is parked. */
function beforePark(job_id: string, at: (wait: number, provider_batch_id: string) => Promise<unknown>): void {
  let wait = 0;
  tasks.beforePark = async () => {
    const record = await readBatch({ job_id, batch: 1, round: 1 });
    await at(++wait, record?.provider_batch_id ?? "");
  };
  onTestFinished(() => {
    tasks.beforePark = async () => {};
  });
}

function expectAllAnswered(run: JobRun): void {
  expect(run.error).toBeUndefined();
  expect(run.results.map(({ line, status }) => [line, status])).toEqual(
    [1, 2, 3, 4, 5].map((line) => [line, "succeeded"]),
  );
}

/** How the waits ended that no token ended. */
const unwoken = ({ events }: JobRun) =>
  events.flatMap((event) =>
    event.type === "retry" && event.name === "WaitForProvider" ? [event.error] : [],
  );
const looks = (run: JobRun) => statesOf(run).filter((state) => state === "PollStatus").length;

test("each batch is polled once, when it has ended, although no poll is due for 15 minutes", async () => {
  await withWebhooks();
  world.limits({ openai: { max_requests: 2 } });
  const run = await world.run(itemLines(5), { job: jobAt("openai", FOR_EVER) });
  expectAllAnswered(run);
  expect([looks(run), unwoken(run), tasks.ended]).toEqual([3, [], { woken: 3, tooLate: 0 }]);
});

test("no webhook: the clock ends the wait, as without them", async () => {
  await world.sandbox({ latencySeconds: 0.5 });
  const run = await world.run(itemLines(5), { job: jobAt("openai", { min_poll_seconds: 1 }) });
  expectAllAnswered(run);
  expect([looks(run), unwoken(run)]).toEqual([1, ["States.Timeout"]]);
});

test("anthropic has none: its batches pass through the same state by the clock", async () => {
  await withWebhooks();
  const run = await world.run(itemLines(5), { job: jobAt("anthropic", { min_poll_seconds: 1 }) });
  expectAllAnswered(run);
  expect([looks(run), unwoken(run), tasks.ended.woken]).toEqual([1, ["States.Timeout"], 0]);
});

test("a delivery whose answer is lost comes again, and changes nothing", async () => {
  let deliveries = 0;
  let again = () => {};
  const secondDelivery = new Promise<void>((resolve) => {
    again = resolve;
  });
  const sandbox = await withWebhooks(async (event) => {
    const answer = await handler(event);
    if (++deliveries === 1) return { statusCode: 502 };
    again();
    return answer;
  });
  const run = await world.run(itemLines(5), { job: jobAt("openai", FOR_EVER) });
  expectAllAnswered(run);
  await secondDelivery;
  expect(tasks.ended).toEqual({ woken: 1, tooLate: 1 });
  expect((await sandbox.stats()).openai).toMatchObject({ batches_created: 1, requests_billed: 5 });
});

test("a wake signal that comes before the first wait is found by it", async () => {
  await world.sandbox();
  const job = jobAt("openai", FOR_EVER);
  const key = await upload(itemLines(5));
  beforePark((await readSource({ key, job })).job_id, async (_, batch) => {
    await sleep(200);
    expect(await deliver(batch)).toBe(200);
  });
  const run = await world.runAgain(key, { job });
  expectAllAnswered(run);
  expect([looks(run), unwoken(run)]).toEqual([1, ["DynamoDb.ConditionalCheckFailedException"]]);
});

test("a wake signal during a poll that did not see the end yet: the next wait finds it, and polls again", async () => {
  const began = Date.now();
  let now = began;
  await world.sandbox({ clock: () => now, latencySeconds: 100 });
  const job = jobAt("openai", { min_poll_seconds: 1 });
  const key = await upload(itemLines(5));
  tasks.ended.tooLate = 0;
  beforePark((await readSource({ key, job })).job_id, async (wait, batch) => {
    if (wait === 1) return;
    // The look is over, and the token of the wait before it is still in the table.
    now = began + 100_000;
    expect(await deliver(batch)).toBe(200);
  });
  const run = await world.runAgain(key, { job });
  expectAllAnswered(run);
  expect([looks(run), tasks.ended.tooLate]).toEqual([2, 1]);
  expect(unwoken(run)).toEqual(["States.Timeout", "DynamoDb.ConditionalCheckFailedException"]);
});

test("a wake signal without an end causes one more poll, not one after the other", async () => {
  const began = Date.now();
  let now = began;
  await world.sandbox({ clock: () => now, latencySeconds: 100 });
  const job = jobAt("openai", { min_poll_seconds: 2 });
  const key = await upload(itemLines(5));
  beforePark((await readSource({ key, job })).job_id, async (wait, batch) => {
    if (wait === 1) expect(await deliver(batch)).toBe(200);
    // The wait after the look that the news has made is one by the clock.
    else now = began + 100_000;
  });
  const run = await world.runAgain(key, { job });
  expectAllAnswered(run);
  expect(unwoken(run)).toEqual(["DynamoDb.ConditionalCheckFailedException", "States.Timeout"]);
});

test("what the provider refuses at once is not waited for", async () => {
  const body = { error: { message: "this is refused", type: "invalid_request_error" } };
  await world.sandbox({
    faults: strike({ operation: "batches.create" }, { kind: "answer", answer: { status: 400, body } }),
  });
  const run = await world.run(itemLines(5), { job: jobAt("openai", FOR_EVER) });
  expect(run.results.map(({ status }) => status)).toEqual(Array(5).fill("failed"));
  expect(statesOf(run)).not.toContain("WaitForProvider");
});

test("what is parked says which job it is, and goes by itself", async () => {
  await withWebhooks();
  const run = await world.run(itemLines(5), { job: jobAt("openai", FOR_EVER) });
  const id = (await readBatch({ job_id: run.job_id, batch: 1, round: 1 }))?.provider_batch_id ?? "";
  const record = await getRecord({ pk: `wake#${id}`, sk: "wake" });
  expect(record).toMatchObject({ job_id: run.job_id, batch: 1, round: 1 });
  const days = (Number(record?.expires_at) - Date.now() / 1000) / 86_400;
  expect(days).toBeGreaterThan(3);
  expect(days).toBeLessThan(5);
});
