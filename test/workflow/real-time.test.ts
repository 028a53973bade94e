/** Rounds that are asked in real time: small ones, and what has no answer near the deadline. */
import { expect, onTestFinished, test, vi } from "vitest";
import { type Fault, type FaultPlan, plans, strike } from "../../local/sandbox/faults.ts";
import { namedFaults } from "../../local/sandbox/named-faults.ts";
import type { ProviderStats, SandboxOptions } from "../../local/sandbox/sandbox.ts";
import type { Charge } from "../../shared/models.ts";
import { ENV } from "../../shared/names.ts";
import { readBatch } from "../../shared/records/batch-record.ts";
import { requestCancel } from "../../shared/records/job-record.ts";
import { readSource } from "../../shared/workflow/job-source.ts";
import {
  itemLine,
  itemLines,
  type JobRun,
  jobAt,
  PROVIDERS,
  startWorld,
  statesOf,
  upload,
} from "../harness/harness.ts";
import { MODELS } from "../harness/provider-models.ts";
import { leadToSandbox } from "../harness/providers.ts";

const world = await startWorld();
const MINUTE = 60_000;
const ASK = {
  openai: "chat.completions.create",
  anthropic: "messages.create",
  bedrock: "converse",
  gemini: "models.generateContent",
};
/** One provider of each protocol that differs in real time. */
const ASKED = ["openai", "anthropic", "bedrock", "gemini"] as const;

/** The tokens of a charge as the sandbox counts them. */
function tokensOf(charge: Charge | undefined): ProviderStats["tokens_billed"] {
  const { prompt_tokens = -1, completion_tokens = -1, total_tokens = -1 } = charge ?? {};
  const { cached_tokens = 0, cache_write_tokens = 0, reasoning_tokens = 0 } = charge ?? {};
  return {
    prompt_tokens,
    completion_tokens,
    total_tokens,
    cached_tokens,
    cache_write_tokens,
    reasoning_tokens,
  };
}

function allAnswered(run: JobRun, count: number): void {
  expect(run.error).toBeUndefined();
  expect(run.results.map(({ line, status }) => [line, status])).toEqual(
    Array.from({ length: count }, (_, at) => [at + 1, "succeeded"]),
  );
  for (const { line, response } of run.results)
    expect(response?.content).toContain(`About "Question ${line}"`);
}

/** A sandbox, and the way of a provider to it. Bedrock takes batches of any size. */
async function sandboxOf(provider: (typeof ASKED)[number], options: SandboxOptions = {}) {
  const limits = { bedrock_records_min: 1, ...options.limits };
  const sandbox = await world.sandbox({ ...options, limits });
  if (provider === "bedrock" || provider === "gemini") leadToSandbox(provider, sandbox);
  world.limits({ bedrock: { min_requests: 1 } });
  return sandbox;
}

const settingsAt = (provider: (typeof ASKED)[number], more: Record<string, unknown>) => ({
  ...{ provider, model: MODELS[provider] },
  ...more,
});

/** A sandbox on a clock that goes a minute with every look at a batch. */
async function onClock(options: SandboxOptions, provider: (typeof ASKED)[number] = "openai") {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  const tick: FaultPlan = ({ operation }) => {
    if (/retrieve|list/.test(operation)) vi.setSystemTime(Date.now() + MINUTE);
    return undefined;
  };
  return sandboxOf(provider, { ...options, faults: plans(tick, options.faults ?? (() => undefined)) });
}

test.for(ASKED)("%s: a small round is asked at once, and no batch is made", async (provider) => {
  const sandbox = await sandboxOf(provider);
  // Bedrock's own least is no hindrance.
  world.limits({});
  const job = settingsAt(provider, { small_rounds: "real_time" });
  const run = await world.run(itemLines(7), { job });
  allAnswered(run, 7);
  const stats = (await sandbox.stats())[provider];
  expect(stats).toMatchObject({ batches_created: 0, realtime_requests: 7 });
  const { receipt } = run.summary ?? {};
  expect(tokensOf(receipt)).toEqual(stats.realtime_tokens);
  expect(tokensOf(receipt?.real_time)).toEqual(stats.realtime_tokens);
  expect(receipt?.cost_usd).toBe(receipt?.real_time_usd);
  expect(receipt).toMatchObject({ batch: { total_tokens: 0 } });
  expect(receipt?.unknown).toBeUndefined();
  expect(run.results.map(({ raw }) => raw)).toEqual(
    Array(7).fill(expect.objectContaining({ real_time: true })),
  );
  expect(statesOf(run)).toContain("AnswerNow");
  expect(run.summary?.status).toBe("completed");
});

test.for(ASKED)("%s: what a batch left is asked in real time before the deadline", async (provider) => {
  const sandbox = await onClock({ latencySeconds: 3600, seed: `turn ${provider}` }, provider);
  const job = settingsAt(provider, { deadline_hours: 1, at_deadline: "real_time" });
  const began = Date.now();
  const run = await world.run(itemLines(30), { job, name: `turn-${provider}.jsonl` });
  allAnswered(run, 30);
  expect(run.summary?.status).toBe("completed");
  expect(Date.now() - began).toBeLessThan(60 * MINUTE);
  const stats = (await sandbox.stats())[provider];
  // What the batch had answered when it made way is kept, and paid once. Gemini gives nothing of it.
  if (provider === "gemini") expect(stats.requests_billed).toBe(0);
  else expect(stats.requests_billed).toBeGreaterThan(0);
  expect(stats.requests_billed + stats.realtime_requests).toBe(30);
  const { receipt } = run.summary ?? {};
  expect(tokensOf(receipt?.batch)).toEqual(stats.tokens_billed);
  expect(tokensOf(receipt?.real_time)).toEqual(stats.realtime_tokens);
  expect(receipt?.unknown).toBeUndefined();
});

test.for(ASKED)("%s: a batch that never ends meets its deadline", async (provider) => {
  const sandbox = await onClock({ latencySeconds: 60, faults: namedFaults(["never-ends"]) }, provider);
  const job = settingsAt(provider, { deadline_hours: 1, at_deadline: "real_time" });
  const began = Date.now();
  const run = await world.run(itemLines(30), { job });
  allAnswered(run, 30);
  expect(run.summary?.status).toBe("completed");
  expect(Date.now() - began).toBeLessThanOrEqual(60 * MINUTE);
  const stats = (await sandbox.stats())[provider];
  expect(stats).toMatchObject({ batches_created: 1, realtime_requests: 30 });
  // Nobody has seen what the batch came to, and the receipt says so.
  expect(run.summary?.receipt).toMatchObject({ unknown: { batch: 30, real_time: 0 } });
  expect(tokensOf(run.summary?.receipt?.real_time)).toEqual(stats.realtime_tokens);
});

/** A batch that ends late: it shows its end at the second look after the real-time answers. */
async function endsLate(provider: (typeof ASKED)[number], more: FaultPlan = () => undefined) {
  let asked = 0;
  let looks = 0;
  const ends = namedFaults(["never-ends"]);
  const faults: FaultPlan = (call) => {
    if (call.operation === ASK[provider]) asked++;
    if (asked > 0 && call.operation === "batches.retrieve") looks++;
    return looks < 2 ? ends(call) : more(call);
  };
  const sandbox = await onClock({ latencySeconds: 60, faults }, provider);
  const job = settingsAt(provider, { deadline_hours: 3, at_deadline: "real_time" });
  const began = Date.now();
  const run = await world.run(itemLines(12), { job });
  allAnswered(run, 12);
  expect(run.summary?.status).toBe("completed");
  expect(Date.now() - began).toBeLessThanOrEqual(180 * MINUTE);
  const stats = (await sandbox.stats())[provider];
  expect(stats).toMatchObject({ requests_billed: 12, realtime_requests: 12 });
  expect(tokensOf(run.summary?.receipt?.real_time)).toEqual(stats.realtime_tokens);
  return { run, stats };
}

test.for(ASKED)("%s: a batch that ends late is in the bill, and in no row", async (provider) => {
  const { run, stats } = await endsLate(provider);
  const { receipt } = run.summary ?? {};
  expect(tokensOf(receipt?.batch)).toEqual(stats.tokens_billed);
  expect(receipt?.unknown).toBeUndefined();
  expect(await readBatch({ job_id: run.job_id, batch: 1, round: 1 })).toMatchObject({ late: "billed" });
});

test.for(ASKED)("%s: a late batch whose answers go away is no batch that cost nothing", async (provider) => {
  const gone: FaultPlan = ({ operation, path }) => {
    const isResults = operation === "objects.get" && path.endsWith(".out");
    if (!["files.content", "batches.results"].includes(operation) && !isResults) return undefined;
    // One reading of an object is tried several times.
    vi.setSystemTime(Date.now() + MINUTE / (isResults ? 5 : 1));
    return { kind: "answer", answer: { status: 404 } };
  };
  const { run, stats } = await endsLate(provider, gone);
  const { receipt } = run.summary ?? {};
  if (provider === "openai") {
    // It says itself how many tokens its batch took.
    expect(receipt?.batch?.total_tokens).toBe(stats.tokens_billed.total_tokens);
    expect(receipt?.unknown).toBeUndefined();
  } else expect(receipt?.unknown).toEqual({ batch: 12, real_time: 0 });
});

/** A batch whose provider cannot be reached from shortly before its turn until it was left. */
async function unreached(name: string, onAsk: (job_id: string) => unknown) {
  const began = Date.now();
  let job_id = "";
  let asked = 0;
  let stopped = 0;
  const gone = { status: 503, headers: { "x-should-retry": "false" } };
  const faults: FaultPlan = ({ operation }) => {
    if (operation === ASK.openai && ++asked === 1) onAsk(job_id);
    if (operation === "batches.cancel") stopped++;
    if (operation !== "batches.retrieve" || asked > 0 || Date.now() < began + 155 * MINUTE) return undefined;
    vi.setSystemTime(Date.now() + 2 * MINUTE);
    return { kind: "answer", answer: gone };
  };
  const sandbox = await onClock({ latencySeconds: 86_400, faults });
  const job = settingsAt("openai", { deadline_hours: 3, at_deadline: "real_time" });
  const key = await upload(itemLines(3), { name });
  ({ job_id } = await readSource({ key, job }));
  const run = await world.runAgain(key, { job });
  return { run, stopped, stats: (await sandbox.stats()).openai };
}

// Seed 31273 of the simulation: it ran on for a day, and was paid.
test("a batch that was left when its provider could not be reached is asked to end later", async () => {
  const { run, stopped, stats } = await unreached("unreached.jsonl", () => undefined);
  allAnswered(run, 3);
  expect(stopped).toBe(1);
  expect(stats).toMatchObject({ batches_created: 1, realtime_requests: 3 });
  expect(run.summary?.receipt).toMatchObject({ unknown: { batch: 3 } });
});

test("a cancel asks a batch to end that was left when its provider could not be reached", async () => {
  const { run, stopped } = await unreached("unreached-cancel.jsonl", (job_id) => void requestCancel(job_id));
  expect(run.summary?.status).toBe("cancelled");
  expect(stopped).toBe(1);
  expect(run.summary?.receipt).toMatchObject({ unknown: { batch: 3 } });
});

/** Items whose requests all cost the same. */
const alike = (count: number) => Array.from({ length: count }, (_, at) => itemLine(`item-${at}`, "Question"));

test.for(ASKED)("%s: refusals, errors and answers that break off", async (provider) => {
  const sandbox = await sandboxOf(provider, {
    limits: { concurrent_requests: 8, requests_per_minute: 45 },
    faults: namedFaults(["cut-answer", "server-error", "rate-limit"]),
  });
  const run = await world.run(alike(40), { job: settingsAt(provider, { small_rounds: "real_time" }) });
  expect(run.results.map(({ status }) => status)).toEqual(Array(40).fill("succeeded"));
  const stats = (await sandbox.stats())[provider];
  const { receipt } = run.summary ?? {};
  const broken = stats.realtime_requests - 40;
  expect(broken).toBeGreaterThan(0);
  // To the token: each that broke off had cost as much as one that came.
  expect(receipt?.unknown).toEqual({ batch: 0, real_time: broken });
  expect(((receipt?.total_tokens ?? 0) / 40) * (40 + broken)).toBe(stats.realtime_tokens.total_tokens);
});

test("a rate limit of 0 is said once for every item, and nothing is asked for ever", async () => {
  const sandbox = await world.sandbox({ limits: { requests_per_minute: 0 } });
  const run = await world.run(itemLines(3), { job: jobAt("openai", { small_rounds: "real_time" }) });
  expect(run.results.map(({ status, error }) => [status, error])).toEqual(
    Array(3).fill([
      "expired",
      "not asked in real time: the account's rate limit for this model in real time is 0",
    ]),
  );
  expect((await sandbox.stats()).openai.realtime_requests).toBe(0);
});

test("a refused key fails the job, which resumes with what it has when it is started again", async () => {
  let refuse = true;
  // The last of the 20 that are asked at once: all others have reached the provider by then.
  const denied = strike({ operation: ASK.openai, counts: [20] }, { kind: "answer", answer: { status: 401 } });
  const sandbox = await world.sandbox({
    realtimeLatencySeconds: 0.5,
    faults: (call) => (refuse ? denied(call) : undefined),
  });
  const job = jobAt("openai", { small_rounds: "real_time" });
  const failed = await world.run(itemLines(20), { job });
  expect(failed.record).toMatchObject({
    status: "failed",
    error: expect.stringContaining("refused the API key"),
  });
  const paid = await sandbox.stats();
  expect(tokensOf(failed.summary?.receipt?.real_time)).toEqual(paid.openai.realtime_tokens);
  refuse = false;
  const run = await world.runAgain(failed.key, { job });
  allAnswered(run, 20);
  expect(tokensOf(run.summary?.receipt)).toEqual((await sandbox.stats()).openai.realtime_tokens);
  // Those that were under way when it was refused are paid, and kept.
  expect((await sandbox.stats()).openai.realtime_requests).toBe(20);
  expect(run.summary?.receipt?.unknown).toBeUndefined();
});

test("the cap holds at real-time prices: what could exceed it is not asked, and keeps its reason", async () => {
  // A model whose answers are dear, and whose batch may still cost all of its quote.
  const item = (at: number) => itemLine(`item-${at}`, "Question", { max_tokens: 100_000 });
  const lines = Array.from({ length: 4 }, (_, at) => item(at));
  const sandbox = await onClock({ latencySeconds: 60, faults: namedFaults(["never-ends"]) });
  const most = (4 * 100_000 * 0.8) / 1e6;
  const settings = { deadline_hours: 1, at_deadline: "real_time" };
  const tight = await world.run(lines, { job: jobAt("openai", { ...settings, max_cost_usd: most * 1.1 }) });
  expect(tight.results.map(({ status, error }) => [status, error])).toEqual(
    Array(4).fill(["failed", expect.stringContaining("could exceed its max_cost_usd")]),
  );
  expect((await sandbox.stats()).openai.realtime_requests).toBe(0);
  // Room for one at a time: each costs far less than it may, which leaves room for the next.
  const room = await world.run(lines, { job: jobAt("openai", { ...settings, max_cost_usd: most * 1.6 }) });
  expect(room.results.map(({ status }) => status)).toEqual(Array(4).fill("succeeded"));
});

test("an odd answer that the cap does not let be asked again says so", async () => {
  const usage = { prompt_tokens: 10, completion_tokens: 90_000, total_tokens: 90_010 };
  const odd = strike(
    { operation: ASK.openai },
    { kind: "answer", answer: { status: 200, body: { choices: [], usage } } },
  );
  const sandbox = await world.sandbox({ faults: odd });
  const settings = { small_rounds: "real_time", max_rounds: 1, max_cost_usd: (1.5 * 100_000 * 1.6) / 1e6 };
  const line = itemLine("item", "Question", { max_tokens: 100_000 });
  const run = await world.run([line], { job: jobAt("openai", settings) });
  expect(run.results[0]?.error).toMatch(
    /^the answer has no message; not asked again: .* max_cost_usd of 0\.24$/,
  );
  expect((await sandbox.stats()).openai.realtime_requests).toBe(0);
});

// The sum of what was billed so far stood on the record as the provider's own, which leaves no answer unpriced.
test("answers that do not say their tokens count as such for the cap, and are unknown in the receipt", async () => {
  const message = { role: "assistant", content: "42" };
  const body = { choices: [{ index: 0, message, finish_reason: "stop" }] };
  const silent = strike({ operation: ASK.openai }, { kind: "answer", answer: { status: 200, body } });
  await world.sandbox({ faults: silent });
  const run = await world.run(itemLines(3), { job: jobAt("openai", { small_rounds: "real_time" }) });
  expect(run.results.map(({ status }) => status)).toEqual(Array(3).fill("succeeded"));
  const job_id = run.summary?.job_id ?? "";
  expect(await readBatch({ job_id, batch: 1, round: 1 })).toMatchObject({ unpriced: 3 });
  expect(run.summary?.receipt).toMatchObject({ total_tokens: 0, unknown: { batch: 0, real_time: 3 } });
});

test("a cancel ends the asking: answers are kept, the rest is cancelled", async () => {
  let job_id = "";
  const sandbox = await world.sandbox({
    limits: { requests_per_minute: 40 },
    faults: ({ operation, count }) => {
      if (operation === ASK.openai && count === 5) void requestCancel(job_id);
      return undefined;
    },
  });
  const lines = itemLines(90);
  const job = jobAt("openai", { small_rounds: "real_time" });
  const key = await upload(lines, { name: "to-cancel.jsonl" });
  ({ job_id } = await readSource({ key, job }));
  const run = await world.runAgain(key, { job });
  expect(run.summary?.status).toBe("cancelled");
  const succeeded = run.results.filter(({ status }) => status === "succeeded").length;
  expect(succeeded).toBeGreaterThan(4);
  expect(run.results.filter(({ status }) => status === "cancelled")).toHaveLength(90 - succeeded);
  expect((await sandbox.stats()).openai.realtime_requests).toBe(succeeded);
  expect(run.summary?.receipt?.unknown).toBeUndefined();
});

test("a Lambda's time is not enough: it goes on from run to run, and asks nothing twice", async () => {
  const before = process.env[ENV.runSeconds];
  process.env[ENV.runSeconds] = "1";
  onTestFinished(() => {
    process.env[ENV.runSeconds] = before;
  });
  const sandbox = await world.sandbox({ limits: { requests_per_minute: 60 } });
  const run = await world.run(itemLines(66), { job: jobAt("openai", { small_rounds: "real_time" }) });
  allAnswered(run, 66);
  expect(statesOf(run).filter((name) => name === "AnswerNow").length).toBeGreaterThan(1);
  const stats = (await sandbox.stats()).openai;
  expect(stats.realtime_requests).toBe(66);
  expect(tokensOf(run.summary?.receipt)).toEqual(stats.realtime_tokens);
  expect(run.summary?.receipt?.unknown).toBeUndefined();
});

test("batches that were not sent when their turn came are never sent", async () => {
  const sandbox = await onClock({ latencySeconds: 7200, seed: "unsent" });
  world.limits({ openai: { max_requests: 10 } });
  const settings = { deadline_hours: 1, at_deadline: "real_time", max_concurrent_batches: 1 };
  const began = Date.now();
  const run = await world.run(itemLines(25), { job: jobAt("openai", settings), name: "unsent.jsonl" });
  allAnswered(run, 25);
  expect(run.summary?.status).toBe("completed");
  expect(Date.now() - began).toBeLessThan(60 * MINUTE);
  const stats = (await sandbox.stats()).openai;
  expect(stats.batches_created).toBe(1);
  expect(stats.requests_billed + stats.realtime_requests).toBe(25);
  expect(tokensOf(run.summary?.receipt?.batch)).toEqual(stats.tokens_billed);
});

test.for(PROVIDERS)(
  "%s: a create whose answer was lost is looked for, and makes way like any batch",
  async (provider) => {
    const lost = strike(
      { operation: "batches.create", counts: [1] },
      { kind: "lose", answer: { status: 500 } },
    );
    const sandbox = await onClock({ latencySeconds: 7200, seed: `lost ${provider}`, faults: lost });
    const job = jobAt(provider, { deadline_hours: 1, at_deadline: "real_time" });
    const run = await world.run(itemLines(8), { job, name: `lost-${provider}.jsonl` });
    allAnswered(run, 8);
    const stats = (await sandbox.stats())[provider];
    expect(stats.batches_created).toBe(1);
    const { receipt } = run.summary ?? {};
    // One found by time and count alone may be another's: it is not cancelled, and what it costs is not known in time.
    if (provider === "anthropic") expect(receipt?.unknown).toEqual({ batch: 8, real_time: 0 });
    else expect(tokensOf(receipt?.batch)).toEqual(stats.tokens_billed);
    expect(tokensOf(receipt?.real_time)).toEqual(stats.realtime_tokens);
  },
);

/** A create whose answer is lost, and whose batch no list shows before the items are asked in real time. */
async function unlisted(name: string, settle: string, create: Fault, latencySeconds = 60) {
  vi.stubEnv(ENV.createSettle, settle);
  onTestFinished(() => void vi.unstubAllEnvs());
  let asked = 0;
  let stopped = 0;
  const lost = strike({ operation: "batches.create", counts: [1] }, create);
  const sandbox = await onClock({
    latencySeconds,
    faults: (call) => {
      if (call.operation === ASK.openai) asked++;
      if (call.operation === "batches.cancel") stopped++;
      const empty = { object: "list", data: [], has_more: false };
      if (call.operation === "batches.list" && asked === 0)
        return { kind: "answer", answer: { status: 200, body: empty } };
      return lost(call);
    },
  });
  const job = jobAt("openai", { deadline_hours: 3, at_deadline: "real_time" });
  const run = await world.run(itemLines(3), { job, name });
  allAnswered(run, 3);
  return { run, stopped, stats: (await sandbox.stats()).openai };
}
const LOST: Fault = { kind: "lose", answer: { status: 500 } };

// It was paid, and in no receipt but as unknown.
test("a batch that nobody knew of when its items were asked in real time is found, and billed", async () => {
  const { run, stats } = await unlisted("unlisted.jsonl", "86400", LOST);
  expect(stats).toMatchObject({ batches_created: 1, realtime_requests: 3 });
  const { receipt } = run.summary ?? {};
  expect(tokensOf(receipt?.batch)).toEqual(stats.tokens_billed);
  expect(receipt?.unknown).toBeUndefined();
});

// It ran on for a day.
test("one that is still at work is asked to end", async () => {
  const { run, stopped } = await unlisted("unlisted-at-work.jsonl", "86400", LOST, 86_400);
  expect(stopped).toBe(1);
  expect(run.summary?.receipt).toMatchObject({ unknown: { batch: 3 } });
});

test("a create that surely made nothing is not in the bill as unknown", async () => {
  const nothing: Fault = { kind: "answer", answer: { status: 500 } };
  const { run, stats } = await unlisted("unmade.jsonl", "10400", nothing);
  expect(stats.batches_created).toBe(0);
  expect(run.summary?.receipt?.unknown).toBeUndefined();
});
