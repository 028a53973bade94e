/** What the Lambdas log and measure while a job runs, and that the runbook asks for what they tell. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { acceptedThen500, rateLimited, strike } from "../../local/sandbox/faults.ts";
import { ENV, METRICS } from "../../shared/names.ts";
import { itemLines, jobAt, PROVIDERS, startWorld } from "../harness/harness.ts";
import { captured } from "../harness/written.ts";

process.env[ENV.logLevel] = "INFO";
process.env[ENV.metricsDisabled] = "false";
process.env[ENV.metricsNamespace] = "Nightshift/Test";
const world = await startWorld();
const RUNBOOK = readFileSync(join(import.meta.dirname, "../../docs/runbook.md"), "utf8");
/** Told where there is a Lambda around the handler, and by errors of a connection to AWS. */
const NOT_HERE = ["function_request_id", "xray_trace_id", "error_code"];
/** Names of all facts that the runs of this file told. */
const told = new Set<string>(NOT_HERE);

type Line = Record<string, unknown>;

/** The lines of a job, and its metrics: every value of each. */
function split(written: string[]): { lines: Line[]; metrics: Record<string, number[]> } {
  const all = written.flatMap((text) => (text.startsWith("{") ? [JSON.parse(text) as Line] : []));
  const metrics: Record<string, number[]> = {};
  for (const { _aws, ...values } of all.filter((line) => "_aws" in line))
    for (const { name } of Object.values(METRICS))
      if (typeof values[name] === "number") metrics[name] = [...(metrics[name] ?? []), values[name]];
  const lines = all.filter((line) => !("_aws" in line));
  for (const line of lines) for (const name of Object.keys(line)) told.add(name);
  return { lines, metrics };
}

const said = (lines: Line[], service: string) =>
  lines.filter((line) => line.service === service).map(({ message }) => message);

test.for(PROVIDERS)("%s: each step of a job says what came of it, and of which batch", async (provider) => {
  await world.sandbox({ latencySeconds: 0.4 });
  world.limits({ [provider]: { max_requests: 3 } });
  const written = captured();
  const run = await world.run(itemLines(5), { job: jobAt(provider) });
  const { lines, metrics } = split(written);
  expect(run.error).toBeUndefined();
  for (const line of lines) expect(line).toMatchObject({ level: "INFO", job_id: run.job_id, provider });
  const steps = ["submit-batch", "poll-status", "collect-results"];
  const ofBatches = lines.filter(({ service }) => steps.includes(String(service)));
  for (const line of ofBatches) expect(line).toMatchObject({ batch: expect.any(Number), round: 1 });
  expect(said(lines, "prepare-job")).toEqual(["prepared"]);
  expect(said(lines, "submit-batch")).toEqual(["submitted", "submitted"]);
  expect(said(lines, "poll-status").filter((message) => message === "completed")).toHaveLength(2);
  expect(said(lines, "collect-results")).toEqual(["collected", "collected"]);
  expect(said(lines, "finalize-job")).toEqual(["completed"]);
  expect(lines.findLast(({ service }) => service === "finalize-job")).toMatchObject({ succeeded: 5 });
  expect(metrics.BatchAge?.length).toBe(said(lines, "poll-status").length);
  for (const name of ["QueueWait", "SeenLag", "CollectedLag", "ItemsAgain"]) {
    expect(metrics[name]).toHaveLength(2);
    // OpenAI tells its times in whole seconds.
    for (const value of metrics[name] ?? []) expect(value).toBeLessThan(name === "ItemsAgain" ? 1 : 30);
  }
});

test("a batch that waits says for what, how long, and who is in its way", async () => {
  world.limits({ openai: { max_requests: 5 } });
  await world.sandbox({ latencySeconds: 1, limits: { openai_enqueued_tokens: 60 } });
  const written = captured();
  const run = await world.run(itemLines(20), { job: jobAt("openai", { model: "gpt-4.1-nano" }) });
  const { lines, metrics } = split(written);
  expect(said(lines, "poll-status")).toContain("rejected for capacity");
  const waiting = lines.find(({ message }) => message === "waiting for room in the provider's token queue");
  expect(waiting).toMatchObject({ service: "submit-batch", token_queue_held_by: run.job_id });
  expect(metrics.TokenQueueHeld?.length).toBeGreaterThan(0);
  expect(metrics.QueueWait?.length).toBeGreaterThan(4);
});

test.for(PROVIDERS)("%s: a lost create is counted, and what it waits for is reported", async (provider) => {
  await world.sandbox({ faults: strike({ operation: "batches.create", counts: [1] }, acceptedThen500) });
  const written = captured();
  await world.run(itemLines(3), { job: jobAt(provider) });
  const { lines, metrics } = split(written);
  expect(metrics).toMatchObject({ LostCreates: [1], ProviderErrors: [1] });
  expect(said(lines, "submit-batch")).toEqual(
    expect.arrayContaining(["waiting for whether an earlier create was accepted", "submitted"]),
  );
});

test("a provider that cannot answer now is a warning of the step that asked, by the error's name", async () => {
  // The SDK tries a read three times by itself.
  const aim = { operation: "batches.retrieve", counts: [1, 2, 3] };
  await world.sandbox({ faults: strike(aim, rateLimited(0)) });
  const written = captured();
  const run = await world.run(itemLines(3), { job: jobAt("openai") });
  const { lines, metrics } = split(written);
  expect(lines.filter(({ level }) => level !== "INFO")).toMatchObject([
    {
      level: "WARN",
      service: "poll-status",
      message: "error",
      job_id: run.job_id,
      batch: 1,
      round: 1,
      provider: "openai",
      error: "ProviderUnavailableError",
    },
  ]);
  expect(metrics.ProviderErrors).toEqual([1]);
  expect(lines.find(({ level }) => level === "WARN")?.provider_status).toBe(429);
});

test("items that go into another round are counted, as is what all of it cost", async () => {
  await world.sandbox({ latencySeconds: 0.4, expirySeconds: 0.2, seed: "again" });
  const written = captured();
  await world.run(itemLines(12), { job: jobAt("anthropic") });
  const { lines, metrics } = split(written);
  const collected = lines.filter(({ service }) => service === "collect-results");
  expect(collected.map(({ round }) => round)).toEqual(collected.map((_, at) => at + 1));
  expect(collected[0]).toMatchObject({ items_again: metrics.ItemsAgain?.[0] });
  expect(metrics.ItemsAgain?.[0]).toBeGreaterThan(0);
  expect(lines.findLast(({ service }) => service === "finalize-job")?.cost_usd).toBeGreaterThan(0);
});

test("a job that fails says so under the error's name, not in its words", async () => {
  const written = captured();
  const run = await world.run(["no item"], { job: jobAt("openai") });
  expect(split(written).lines).toMatchObject([
    { level: "ERROR", service: "prepare-job", job_id: run.job_id, error: "InvalidJobError" },
    { service: "record-failure", job_id: run.job_id, message: "job failed", failed_with: "InvalidJobError" },
  ]);
});

test("the runbook's queries and its list of fields name what lines hold", () => {
  const queries = [...RUNBOOK.matchAll(/```\n(filter[^`]+)```/g)].map(([, query = ""]) => query);
  expect(queries.length).toBeGreaterThan(3);
  const made = new Set(queries.flatMap((query) => [...query.matchAll(/ as (\w+)/g)].map(([, name]) => name)));
  const bare = queries.map((query) => query.replace(/"[^"]*"|\/\^[^/]*\//g, ""));
  /** Names, neither of functions nor CloudWatch's own. */
  const asked = bare.flatMap((query) => query.match(/(?<![\w@])[a-z_]+(?![\w(])/g) ?? []);
  const known = /^(filter|fields|sort|stats|by|as|like|in|desc)$/;
  const list = RUNBOOK.slice(RUNBOOK.indexOf("| field |"), RUNBOOK.indexOf("Lines with `_aws`"));
  const listed = [...list.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, name]) => name);
  const names = [...asked.filter((word) => !known.test(word) && !made.has(word)), ...listed];
  expect(names).toContain("seen_lag_seconds");
  expect(names.filter((name) => !told.has(name ?? "") && name !== "in_progress")).toEqual([]);
});
