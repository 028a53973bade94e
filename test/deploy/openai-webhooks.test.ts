/**
 * A stack with OpenAI's webhooks, and no other way to be in time: it looks at a batch after ten minutes. The emulator lets a task
 * that waits for its token wait for ever, so that the other end of a wait, by the clock, is tested on the local engine alone
 * (`test/workflow/openai-webhooks.test.ts`).
 */
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { signed } from "../../local/sandbox/openai/webhooks.ts";
import { Place } from "../harness/command.ts";
import { KEYS, SIGNING_SECRET, type Stack, startStack } from "./stack.ts";

const ITEMS = 25;
const file = Array.from(
  { length: ITEMS },
  (_, i) => `{"custom_id": "${i}", "user_message": "What is ${i}?"}\n`,
);

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    openaiWebhooks: "true",
    jobDefaults: JSON.stringify({ min_poll_seconds: 600 }),
  });
  await stack.aws.setKey(stack.aws.outputs.OpenAiSecretName, KEYS.openai);
  await stack.aws.listen();
});

afterAll(() => stack?.stop());

/** What the doctor says of the webhooks. */
async function doctor(): Promise<{ outcome: string; what: string }> {
  const place = new Place();
  place.env = stack.env;
  const { stdout } = await place.run(["doctor", "--stack", "Nightshift", "--json"]);
  const checks = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  return checks.find(({ name }) => name === "OpenAI webhooks");
}

/** Delivers a body to the stack's address. @returns the status of the answer */
async function deliver(body: string, headers: Record<string, string>, method = "POST"): Promise<number> {
  const type = { "content-type": "application/json" };
  const message = method === "POST" ? { body } : {};
  return (await fetch(stack.webhookUrl, { method, headers: { ...type, ...headers }, ...message })).status;
}

test("the doctor finds that the signing secret is not set, and that it is", async () => {
  const name = stack.aws.outputs.OpenAiWebhookSecretName ?? "";
  const unset = await doctor();
  expect(unset).toMatchObject({ outcome: "wrong", what: expect.stringContaining(`--secret-id ${name}`) });
  await stack.aws.setKey(name, SIGNING_SECRET);
  expect(await doctor()).toMatchObject({ outcome: "ok" });
});

test("a job ends when its batches do, each of which a webhook has reported", async () => {
  await stack.aws.upload("inbox/woken.jsonl", file.join(""), { provider: "openai", model: "gpt-4.1-mini" });
  const events = await stack.aws.eventsOf("woken");
  expect(events.at(-1)).toMatchObject({ status: "completed", counts: { succeeded: ITEMS } });
  const job_id = events.at(-1)?.job_id ?? "";
  for (const batch of [1, 2, 3]) {
    const { provider_batch_id } = (await stack.aws.record(`job#${job_id}`, `batch#${batch}#r1`)) ?? {};
    expect(await stack.aws.record(`wake#${provider_batch_id}`, "wake")).toMatchObject({
      job_id,
      batch,
      task_token: expect.any(String),
      news_at: expect.any(Number),
    });
  }
});

test("what OpenAI has not signed is refused", async () => {
  const body = JSON.stringify({ id: "evt_1", type: "batch.completed", data: { id: "batch_forged" } });
  expect(await deliver(body, signed(`whsec_${btoa("somebody else's")}`, "wh_1", body))).toBe(401);
  expect(await deliver(body, {})).toBe(401);
  expect(await deliver("", {}, "GET")).toBe(405);
  expect(await stack.aws.record("wake#batch_forged", "wake")).toBeUndefined();
  expect(await deliver(body, signed(SIGNING_SECRET, "wh_1", body))).toBe(200);
});

/** Runs `nightshift webhooks`. */
async function webhooks(...more: string[]) {
  const place = new Place();
  place.env = { ...stack.env, OPENAI_BASE_URL: stack.sandbox.openaiBaseUrl };
  return place.run(["webhooks", "--stack", "Nightshift", ...more]);
}

test("a command registers the address, once, and stores what OpenAI signs with", async () => {
  const client = new OpenAI({ apiKey: KEYS.openai, baseURL: stack.sandbox.openaiBaseUrl });
  const registered = async () => (await client.webhooks.list()).data.map(({ url }) => url);
  const { OpenAiWebhookUrl, OpenAiWebhookSecretName = "" } = stack.aws.outputs;
  await stack.aws.setKey(OpenAiWebhookSecretName, "unset");
  const made = await webhooks();
  expect([made.code, made.stderr]).toEqual([0, ""]);
  expect(made.stdout).toContain("from now on");
  expect(await registered()).toEqual([OpenAiWebhookUrl]);
  expect(await doctor()).toMatchObject({ outcome: "ok" });
  expect((await webhooks()).stdout).toContain("nothing to do");
  expect(await stack.aws.secret(OpenAiWebhookSecretName)).toMatch(/^whsec_/);
  expect((await webhooks("--remove")).stdout).toContain("no longer calls");
  expect(await registered()).toEqual([]);
});
