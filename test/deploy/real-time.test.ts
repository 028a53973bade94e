/** A job whose batches never end meets its deadline on AWS: every row is answered, in real time. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { namedFaults } from "../../local/sandbox/named-faults.ts";
import { KEYS, type Stack, startStack } from "./stack.ts";

const ITEMS = 25;
/** Seconds. A Lambda's first run takes many of them here. */
const DEADLINE = 240;

let stack: Stack;
beforeAll(async () => {
  // A slow pace leaves time for Lambdas that start slowly.
  const providerLimits = JSON.stringify({ openai: { max_requests: 10, now_per_minute: 30 } });
  stack = await startStack({ providerLimits }, namedFaults(["never-ends"]));
  await stack.aws.setKey(stack.aws.outputs.OpenAiSecretName, KEYS.openai);
  await stack.aws.listen();
});

afterAll(() => stack?.stop());

test("at_deadline: real_time", { timeout: 400_000 }, async () => {
  const { aws, sandbox } = stack;
  const lines = Array.from({ length: ITEMS }, (_, at) =>
    JSON.stringify({ custom_id: `item-${at}`, user_message: `Question ${at}` }),
  );
  const settings = { "deadline-hours": String(DEADLINE / 3600), "at-deadline": "real_time" };
  const job = { provider: "openai", model: "gpt-4.1-mini", ...settings };
  await aws.upload("inbox/endless.jsonl", `${lines.join("\n")}\n`, job);
  const end = (await aws.eventsOf("endless")).at(-1);
  expect(end).toMatchObject({ status: "completed", counts: { succeeded: ITEMS } });
  const { job_id = "", created_at = 0, times = {} } = end ?? {};
  expect((times.completed ?? Number.POSITIVE_INFINITY) - created_at).toBeLessThan(DEADLINE);
  const results = (await aws.read(`results/${job_id}/results.jsonl`)).trimEnd().split("\n");
  expect(results.map((line) => JSON.parse(line).custom_id)).toEqual(lines.map((_, at) => `item-${at}`));
  const { realtime_requests, realtime_tokens } = (await sandbox.stats()).openai;
  expect(realtime_requests).toBe(ITEMS);
  const { receipt } = JSON.parse(await aws.read(`results/${job_id}/summary.json`));
  expect(receipt.real_time.total_tokens).toBe(realtime_tokens.total_tokens);
  // Nobody has seen the end of the batches: the receipt says that they may be billed, too.
  expect(receipt.unknown).toEqual({ batch: ITEMS, real_time: 0 });
});
