/** In real time on AWS: a job whose batches never end meets its deadline, and what a stack left is asked from here. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { plans } from "../../local/sandbox/faults.ts";
import { namedFaults } from "../../local/sandbox/named-faults.ts";
import { item, Place } from "../harness/command.ts";
import { KEYS, type Stack, startStack } from "./stack.ts";

const ITEMS = 25;
/** Seconds. A Lambda's first run takes many of them here. */
const DEADLINE = 240;

let stack: Stack;
/** Whether OpenAI refuses every other request in real time. */
let refuses = false;
beforeAll(async () => {
  // A slow pace leaves time for Lambdas that start slowly.
  const providerLimits = JSON.stringify({ openai: { max_requests: 10, now_per_minute: 30 } });
  const faults = plans(
    ({ operation, count }) =>
      refuses && operation === "chat.completions.create" && count % 2 === 0
        ? { kind: "answer", answer: { status: 400 } }
        : undefined,
    namedFaults(["never-ends"]),
  );
  stack = await startStack({ providerLimits }, faults);
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

test("retry --real-time --stack: asked with a key of this machine, and put into the places", {
  timeout: 200_000,
}, async () => {
  const { aws, sandbox } = stack;
  const place = new Place();
  place.env = { ...stack.env };
  const file = place.file(
    "left.jsonl",
    Array.from({ length: 6 }, (_, at) => item(`№ ${at}`)),
  );
  const small = ["--small-rounds", "real_time", "--max-rounds", "1"];
  const model = ["--provider", "openai", "--model", "gpt-4.1-mini"];
  const toStack = ["--stack", "Nightshift"];
  const before = (await sandbox.stats()).openai;
  refuses = true;
  const run = await place.run(["run", file, ...model, ...small, ...toStack, "--json", "--out", "out"]);
  refuses = false;
  expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 3, stderr: "" });
  const { job_id, counts } = JSON.parse(run.stdout.trimEnd().split("\n").at(-1) ?? "");
  expect(counts).toMatchObject({ succeeded: 3, failed: 3 });
  const kept = await aws.read(`results/${job_id}/results.jsonl`);

  const retry = ["retry", job_id, "--real-time", ...toStack, "--out", "out"];
  // The stack's key stays in the stack.
  const without = await place.run(retry);
  expect(without.code).toBe(2);
  expect(without.stderr).toContain("OPENAI_API_KEY");
  Object.assign(place.env, { OPENAI_API_KEY: KEYS.openai, OPENAI_BASE_URL: sandbox.openaiBaseUrl });
  const retried = await place.run(retry);
  expect({ code: retried.code, stderr: retried.stderr }).toEqual({ code: 0, stderr: "" });
  const rows = place.read("out/results-2.jsonl").trimEnd().split("\n");
  expect(
    rows.map((row) => JSON.parse(row)).map(({ line, custom_id, status }) => [line, custom_id, status]),
  ).toEqual(Array.from({ length: 6 }, (_, at) => [at + 1, `№ ${at}`, "succeeded"]));
  // What the stack has is as it was. The receipt is that of both.
  expect(await aws.read(`results/${job_id}/results.jsonl`)).toBe(kept);
  const after = (await sandbox.stats()).openai;
  expect(after.realtime_requests - before.realtime_requests).toBe(6);
  expect(after.batches_created).toBe(before.batches_created);
  const { receipt } = JSON.parse(place.read("out/summary-2.json"));
  const tokens = after.realtime_tokens.total_tokens - before.realtime_tokens.total_tokens;
  expect(receipt.real_time.total_tokens).toBe(tokens);
  expect(receipt.total_tokens).toBe(tokens);
});
