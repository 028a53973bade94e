/** Steps that take more runs than one: each goes on where the last one stopped. */
import { expect, onTestFinished, test } from "vitest";
import { doubledLines, type Fault, plans, strike } from "../../local/sandbox/faults.ts";
import type { Sandbox } from "../../local/sandbox/sandbox.ts";
import { ENV } from "../../shared/names.ts";
import { readBatch } from "../../shared/records/batch-record.ts";
import {
  itemLines,
  type JobRun,
  jobAt,
  linesOf,
  PROVIDERS,
  startWorld,
  statesOf,
} from "../harness/harness.ts";
import type { TestProvider } from "./items.ts";

const world = await startWorld();
const DOWNLOAD = { openai: "files.content", anthropic: "batches.results" } as const;
const CASES = PROVIDERS.flatMap((provider) => [
  { provider, server: "knows ranges", ranges: true },
  { provider, server: "knows no ranges", ranges: false },
]);

/** Runs stop as soon as they have done anything, for this test. */
function shortRuns(): void {
  const before = process.env[ENV.runSeconds];
  process.env[ENV.runSeconds] = "0";
  onTestFinished(() => {
    process.env[ENV.runSeconds] = before;
  });
}

function atDownload(provider: TestProvider, fault: Fault, counts?: number[]) {
  return strike({ operation: DOWNLOAD[provider], ...(counts && { counts }) }, fault);
}

function countOf(run: JobRun, state: string): number {
  return statesOf(run).filter((name) => name === state).length;
}

/** Every item has its own answer or its own failure, and the receipt is what the sandbox charged. */
async function expectSettled(run: JobRun, sandbox: Sandbox, provider: TestProvider): Promise<void> {
  expect(run.error).toBeUndefined();
  expect(run.results.map(({ line }) => line)).toEqual(run.results.map((_, at) => at + 1));
  const answered = run.results.filter(({ status }) => status === "succeeded");
  for (const { line, response } of answered) expect(response?.content).toContain(`About "Question ${line}"`);
  const { requests_billed, tokens_billed } = (await sandbox.stats())[provider];
  expect(answered.length).toBe(requests_billed);
  expect(run.summary?.receipt?.total_tokens).toBe(tokens_billed.total_tokens);
}

test.for(CASES)(
  "$provider, which $server: collecting stops after every line",
  async ({ provider, ranges }) => {
    shortRuns();
    const faults = ranges ? {} : { faults: atDownload(provider, { kind: "whole" }) };
    const name = `collect-${provider}-${ranges}.jsonl`;
    const sandbox = await world.sandbox({ seed: name, failRate: 0.3, ...faults });
    const run = await world.run(itemLines(12), { job: jobAt(provider, { max_rounds: 1 }), name });
    expect(run.results).toHaveLength(12);
    expect(run.results.some(({ status }) => status === "failed")).toBe(true);
    await expectSettled(run, sandbox, provider);
    expect(countOf(run, "CollectResults")).toBeGreaterThan(10);
    const record = await readBatch({ job_id: run.job_id, batch: 1, round: 1 });
    expect(record?.pauses).toBe(countOf(run, "CollectResults") - 1);
  },
);

test.for(CASES)(
  "$provider, which $server: a cut download resumes where it was, in the same run",
  async ({ provider, ranges }) => {
    const name = `cut-${provider}-${ranges}.jsonl`;
    const sandbox = await world.sandbox({
      faults: plans(
        atDownload(provider, { kind: "cut", bytes: 4000 }, [1]),
        ...(ranges ? [] : [atDownload(provider, { kind: "whole" })]),
      ),
    });
    const run = await world.run(itemLines(20), { job: jobAt(provider), name });
    expect(run.summary?.counts?.succeeded).toBe(20);
    await expectSettled(run, sandbox, provider);
    expect(countOf(run, "CollectResults")).toBe(1);
    expect(run.events.some((event) => event.type === "retry")).toBe(false);
  },
);

test.for(PROVIDERS)("%s: doubled lines and cuts between short runs", async (provider) => {
  shortRuns();
  const sandbox = await world.sandbox({
    faults: plans(
      atDownload(provider, { kind: "cut", bytes: 2500 }, [2, 4, 7]),
      atDownload(
        provider,
        doubledLines((at) => at % 2 === 0),
      ),
    ),
  });
  const run = await world.run(itemLines(10), { job: jobAt(provider) });
  expect(run.summary?.counts?.succeeded).toBe(10);
  await expectSettled(run, sandbox, provider);
});

test("a job that lost a batch is put together in several runs, and resumes when it is started again", async () => {
  const name = "lost-batch.jsonl";
  const refused = { kind: "answer", answer: { status: 401 } } as const;
  await world.sandbox({ faults: strike({ operation: "files.create", counts: [1] }, refused) });
  world.limits({ openai: { max_requests: 3 } });
  const job = jobAt("openai", { max_concurrent_batches: 1 });
  shortRuns();
  const run = await world.run(itemLines(9), { job, name });
  expect(run.record?.status).toBe("failed");
  expect(run.summary?.counts).toMatchObject({ succeeded: 6, failed: 3 });
  expect(linesOf(run.failed ?? "")).toEqual(itemLines(3));
  // The lost rows, the join, and the lines without an answer.
  expect(countOf(run, "FinalizeJob")).toBe(3);
  const again = await world.runAgain(run.key, { job });
  expect(again.summary).toMatchObject({ status: "completed", counts: { succeeded: 9, failed: 0 } });
  expect(again.results.map(({ line }) => line)).toEqual(itemLines(9).map((_, at) => at + 1));
  expect(again.failed).toBe("");
});
