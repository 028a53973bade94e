/** No prompt, answer or key appears in a log, an event, a record, or an execution's input, states or output. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Fault, strike } from "../../local/sandbox/faults.ts";
import { ENV } from "../../shared/names.ts";
import { readBatch } from "../../shared/records/batch-record.ts";
import { requestCancel } from "../../shared/records/job-record.ts";
import { readSource } from "../../shared/workflow/job-source.ts";
import { itemLine, type JobRun, jobAt, PROVIDERS, startWorld, statesOf, upload } from "../harness/harness.ts";
import { captured } from "../harness/written.ts";
import type { TestProvider } from "./items.ts";

// All that the Lambdas log, and their metrics.
process.env[ENV.logLevel] = "TRACE";
process.env[ENV.metricsDisabled] = "false";
const world = await startWorld();
const PROMPT = "zebra-prompt-marker";
let keys = 0;
const KEY = "sk-zebra-key-marker-0123456789";

/** Every record that names a job, its own, its batches' and claims. */
function recordsOf(job_id: string): string {
  const all = world.engine.stores.table.all();
  const records = all.map((item) => JSON.stringify(item)).filter((item) => item.includes(job_id));
  expect(records.length).toBeGreaterThan(0);
  return records.join("\n");
}

/**
 * Fails where a marker stands in what others can read: logs, events, records, what the execution's states returned and retried,
 * and its end.
 */
async function expectSilence(run: JobRun, written: string[]): Promise<void> {
  await expectQuiet(run, written);
  expect(around(recordsOf(run.job_id))).toEqual([]);
}

/** The same, but for the records. */
async function expectQuiet(run: JobRun, written: string[]): Promise<void> {
  const events = readFileSync(join(world.dir, "events.jsonl"), "utf8");
  expect(around(JSON.stringify([run.events, run.output, run.error, written, events]))).toEqual([]);
  // The check itself can fail: there is something to look at.
  expect(run.events.length).toBeGreaterThan(3);
  expect(written.filter((line) => line.includes(`"job_id":"${run.job_id}"`)).length).toBeGreaterThan(1);
}

/** The places of a text in which a marker stands. */
function around(text: string): string[] {
  return [PROMPT, KEY].flatMap((marker) => {
    const at = text.indexOf(marker);
    return at < 0 ? [] : [text.slice(Math.max(0, at - 200), at + 100)];
  });
}

/** Every file of the engine: its objects, its database, its event log. */
function onDisk(): string {
  const files = readdirSync(world.dir, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "latin1")).join("\n");
}

/** An error of a provider's in its own form. */
function saying(provider: TestProvider, status: number, message: string): Fault {
  const body =
    provider === "openai" ? { error: { message } } : { type: "error", error: { type: "x", message } };
  return { kind: "answer", answer: { status, body } };
}

/** A new key with the marker: clients are kept by key. */
function setKey(): void {
  process.env.OPENAI_API_KEY = process.env.ANTHROPIC_API_KEY = `${KEY}-${++keys}`;
}

test.for(PROVIDERS)("%s: a job that succeeds, with items that fail", async (provider) => {
  await world.sandbox();
  setKey();
  const written = captured();
  const run = await world.run([
    JSON.stringify({ job: jobAt(provider, { system: `${PROMPT} system` }) }),
    itemLine("good", `${PROMPT} question`),
    itemLine("refused", `${PROMPT} question`, { extra: { temperature: provider === "openai" ? 3 : -1 } }),
    `{"custom_id":"cut","user_message":"${PROMPT}`,
    `"${PROMPT}"`,
    itemLine("wrong", `${PROMPT} question`, { max_tokens: PROMPT }),
    itemLine("typo", "x", { [`${PROMPT} as a key, ${"long ".repeat(20)}`]: PROMPT }),
  ]);
  expect(run.error).toBeUndefined();
  expect(run.results[0]?.response?.content).toContain(PROMPT);
  await expectSilence(run, written);
  expect(onDisk()).toContain(PROMPT);
  expect(onDisk()).not.toContain(KEY);
});

test.for(["continue", "fail"])("a job whose lines are all invalid, on_invalid: %s", async (on_invalid) => {
  await world.sandbox();
  const written = captured();
  const lines = [
    `{"custom_id":"cut","user_message":"${PROMPT}`,
    PROMPT,
    `{"custom_id":"${"id".repeat(3)}","messages":"${PROMPT}"}`,
    `{"custom_id":"key","user_message":"x","${"long ".repeat(20)}${PROMPT}":1}`,
    `{"custom_id":"role","messages":[{"role":5,"content":"${PROMPT}"}]}`,
  ];
  const run = await world.run(lines, { job: jobAt("openai", { on_invalid }) });
  expect(run.error).toContain("5 of 5 lines are not valid");
  await expectSilence(run, written);
});

test.for(PROVIDERS)("%s: a provider that quotes the key it refuses", async (provider) => {
  const message = `Incorrect API key provided: ${KEY}-${keys + 1}.`;
  await world.sandbox({ faults: strike({}, saying(provider, 401, message)) });
  setKey();
  const written = captured();
  const run = await world.run([itemLine("one", PROMPT)], { job: jobAt(provider) });
  expect(run.error).toContain("refused the API key (401)");
  await expectSilence(run, written);
  expect(onDisk()).not.toContain(KEY);
});

test.for(PROVIDERS)("%s: a provider that quotes the request it refuses", async (provider) => {
  const refusal = saying(provider, 400, `Invalid request: ${PROMPT} question`);
  await world.sandbox({ faults: strike({ operation: "batches.create" }, refusal) });
  setKey();
  const written = captured();
  const run = await world.run([itemLine("one", PROMPT)], { job: jobAt(provider) });
  expect(run.results[0]?.error).toContain(PROMPT);
  await expectQuiet(run, written);
  // Why a batch was refused stands on its record, from which its items get it: `docs/security.md`.
  const told = JSON.stringify((await readBatch({ job_id: run.job_id, batch: 1, round: 1 }))?.error);
  expect(around(recordsOf(run.job_id).replaceAll(told, ""))).toEqual([]);
});

test.for(PROVIDERS.flatMap((provider) => ["create", "retrieve"].map((call) => ({ provider, call }))))(
  "$provider: one that quotes the request while it cannot answer a $call, and is tried again",
  async ({ provider, call }) => {
    const overloaded = saying(provider, 503, `Overloaded by ${PROMPT} question, key ${KEY}-${keys + 1}`);
    // Both SDKs try a read three times by themselves.
    const aim = { operation: `batches.${call}`, counts: call === "create" ? [1] : [1, 2, 3] };
    await world.sandbox({ faults: strike(aim, overloaded) });
    setKey();
    const written = captured();
    const run = await world.run([itemLine("one", `${PROMPT} question`)], { job: jobAt(provider) });
    expect(run.results[0]?.response?.content).toContain(PROMPT);
    if (call === "retrieve") expect(run.events.some(({ type }) => type === "retry")).toBe(true);
    await expectSilence(run, written);
  },
);

test.for(PROVIDERS)("%s: a batch that expires, and further rounds", async (provider) => {
  await world.sandbox({ latencySeconds: 0.4, expirySeconds: 0.2, seed: `secret ${provider}` });
  setKey();
  const written = captured();
  const lines = Array.from({ length: 12 }, (_, at) => itemLine(`item-${at}`, `${PROMPT} question ${at}`));
  const run = await world.run(lines, { job: jobAt(provider) });
  expect(statesOf(run).filter((name) => name === "CollectResults").length).toBeGreaterThan(1);
  await expectSilence(run, written);
});

test.for(PROVIDERS)("%s: a job that is cancelled while it runs", async (provider) => {
  const key = await upload([itemLine("one", `${PROMPT} question`), itemLine("two", `${PROMPT} question`)]);
  const job = jobAt(provider);
  const { job_id } = await readSource({ key, job });
  await world.sandbox({
    latencySeconds: 2,
    faults: ({ operation }) => {
      if (operation === "batches.retrieve") void requestCancel(job_id);
      return undefined;
    },
  });
  setKey();
  const written = captured();
  const run = await world.runAgain(key, { job });
  expect(run.summary?.status).toBe("cancelled");
  await expectSilence(run, written);
});

test.for(PROVIDERS)("%s: results that cannot be read as such", async (provider) => {
  const operation = provider === "openai" ? "files.content" : "batches.results";
  await world.sandbox({
    faults: strike({ operation }, saying(provider, 400, `No results for ${PROMPT} question`)),
  });
  setKey();
  const written = captured();
  const run = await world.run([itemLine("one", `${PROMPT} question`)], { job: jobAt(provider) });
  expect(run.summary?.status).toBe("failed");
  await expectSilence(run, written);
});
