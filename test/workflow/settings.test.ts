/** Where a job's settings come from, and which source is the strongest. */
import { expect, onTestFinished, test } from "vitest";
import { ENV } from "../../shared/names.ts";
import { jobKey } from "../../shared/objects/keys.ts";
import { readText } from "../../shared/objects/objects.ts";
import { itemLine, jobAt, MODELS, startWorld } from "../harness/harness.ts";

const world = await startWorld();
const LINE = itemLine("a", "a question");
const header = (job: Record<string, unknown>) => JSON.stringify({ job });

async function specOf(job_id: string) {
  return JSON.parse((await readText(jobKey(job_id))) ?? "null")?.spec;
}

test("execution, then header, then metadata, then the stack's defaults", async () => {
  await world.sandbox();
  process.env[ENV.jobDefaults] = JSON.stringify({
    max_rounds: 4,
    system: "stack",
    min_poll_seconds: 4,
    model: "stack",
  });
  onTestFinished(() => {
    process.env[ENV.jobDefaults] = "{}";
  });
  const run = await world.run(
    [header({ model: "header", min_poll_seconds: 2, defaults: { max_tokens: 9 } }), LINE],
    {
      metadata: { provider: "openai", model: "metadata", "min-poll-seconds": "3", system: "metadata" },
      job: { model: MODELS.openai },
    },
  );
  expect(run.error).toBeUndefined();
  expect(await specOf(run.job_id)).toEqual({
    provider: "openai",
    model: MODELS.openai,
    min_poll_seconds: 2,
    system: "metadata",
    max_rounds: 4,
    defaults: { max_tokens: 9 },
    endpoint: "/v1/chat/completions",
    max_concurrent_batches: 10,
    on_invalid: "continue",
    outputs: ["jsonl"],
    schema_retries: 1,
    at_deadline: "keep",
    small_rounds: "batch",
  });
});

test("metadata alone: what `aws s3 cp --metadata` gives", async () => {
  await world.sandbox();
  const run = await world.run([LINE], {
    metadata: { provider: "anthropic", model: MODELS.anthropic, "max-rounds": "1" },
  });
  expect(run.results[0]?.status).toBe("succeeded");
  expect(run.summary).toMatchObject({ provider: "anthropic", model: MODELS.anthropic });
  expect(await specOf(run.job_id)).toMatchObject({ max_rounds: 1 });
});

test("the header is no item: lines keep their place in the file", async () => {
  await world.sandbox();
  const run = await world.run(["", header(jobAt("openai")), "", LINE, "oops"]);
  expect(run.results.map(({ line, status }) => [line, status])).toEqual([
    [4, "succeeded"],
    [5, "invalid"],
  ]);
  expect(run.record?.request_count).toBe(2);
  expect(run.failed).toBe(`${header(jobAt("openai"))}\noops\n`);
});

test("only the first line can be the header", async () => {
  await world.sandbox();
  const run = await world.run([LINE, header({ model: "other" })], { job: jobAt("openai") });
  expect(run.results.map(({ line, status }) => [line, status])).toEqual([
    [1, "succeeded"],
    [2, "invalid"],
  ]);
});

test.for([
  [{ provider: "openai" }, "model: missing"],
  [{ model: "x" }, "provider: missing"],
  [{ provider: "mystery", model: "x" }, 'provider "mystery" (from the execution\'s input)'],
  [{ provider: "openai", model: "x", modle: 1 }, "modle (from the execution's input): unknown setting"],
  [{ provider: "openai", model: "x", max_rounds: 0 }, "max_rounds (from the execution's input)"],
  [{ provider: "anthropic", model: "x", endpoint: "/v1/responses" }, "endpoint (from the execution's input)"],
  [{ provider: "openai", model: "x", defaults: { temperature: 3 } }, "defaults.temperature"],
] as const)("a bad setting is a clear error: %j", async ([job, problem]) => {
  const sandbox = await world.sandbox();
  const run = await world.run([LINE], { job });
  expect(run.error).toContain(problem);
  expect(run.record).toMatchObject({ status: "failed", error: expect.stringContaining(problem) });
  expect((await sandbox.stats()).openai.batches_created).toBe(0);
});

test("the job's system prompt and defaults reach the model", async () => {
  await world.sandbox();
  const lines = [itemLine("own", "q", { system: "own prompt", temperature: 0.5 }), itemLine("job", "q")];
  const job = jobAt("openai", { system: "job prompt", defaults: { max_tokens: 3, extra: { seed: 7 } } });
  const run = await world.run(lines, { job });
  const request = (await readText(`jobs/${run.job_id}/batches/1-r1.request.jsonl`)) ?? "";
  const bodies = request
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).body);
  expect(bodies).toEqual([
    {
      model: MODELS.openai,
      messages: [
        { role: "system", content: "own prompt" },
        { role: "user", content: "q" },
      ],
      max_completion_tokens: 3,
      temperature: 0.5,
      seed: 7,
    },
    {
      model: MODELS.openai,
      messages: [
        { role: "system", content: "job prompt" },
        { role: "user", content: "q" },
      ],
      max_completion_tokens: 3,
      temperature: 0,
      seed: 7,
    },
  ]);
});
