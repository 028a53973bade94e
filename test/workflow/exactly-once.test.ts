/** Never two provider batches for one (job, batch, round), whatever gets lost on the way. */
import { expect, onTestFinished, test, vi } from "vitest";
import { acceptedThen500, type Fault, strike } from "../../local/sandbox/faults.ts";
import type { Sandbox } from "../../local/sandbox/sandbox.ts";
import { ENV } from "../../shared/names.ts";
import {
  itemLines,
  type JobRun,
  jobAt,
  PROVIDERS,
  startWorld,
  statesOf,
  upload,
} from "../harness/harness.ts";
import type { TestProvider } from "./items.ts";

const world = await startWorld();
const CASES = PROVIDERS.flatMap((provider) => [
  { provider, loss: "a 500", fault: acceptedThen500 },
  { provider, loss: "a cut connection", fault: { kind: "drop" } satisfies Fault },
  {
    provider,
    loss: "a gateway's 502 page",
    fault: { kind: "lose", answer: { status: 502, body: "<html>" } } satisfies Fault,
  },
]);

async function expectOnce(run: JobRun, sandbox: Sandbox, provider: TestProvider, lines: number, batches = 1) {
  expect(run.error).toBeUndefined();
  expect(run.results.map(({ line, custom_id }) => [line, custom_id])).toEqual(
    Array.from({ length: lines }, (_, at) => [at + 1, `item-${at + 1}`]),
  );
  for (const { line, response } of run.results)
    expect(response?.content).toContain(`About "Question ${line}"`);
  expect((await sandbox.stats())[provider]).toMatchObject({
    batches_created: batches,
    requests_accepted: lines,
    requests_billed: lines,
  });
}

test.for(CASES)(
  "$provider: accepted, but answered by $loss: the batch is found and adopted",
  async ({ provider, fault }) => {
    const sandbox = await world.sandbox({
      faults: strike({ operation: "batches.create", counts: [1] }, fault),
    });
    const run = await world.run(itemLines(6), { job: jobAt(provider) });
    await expectOnce(run, sandbox, provider, 6);
    expect(statesOf(run)).toContain("WaitForCapacity");
  },
);

test.for(PROVIDERS)(
  "%s: every create of three alike batches is lost: each is found, none twice",
  async (provider) => {
    const sandbox = await world.sandbox({ faults: strike({ operation: "batches.create" }, acceptedThen500) });
    world.limits({ [provider]: { max_requests: 3 } });
    const run = await world.run(itemLines(9), { job: jobAt(provider) });
    await expectOnce(run, sandbox, provider, 9, 3);
  },
);

test.for(PROVIDERS)("%s: a 500 that did nothing: created again once that is sure", async (provider) => {
  const sandbox = await world.sandbox({
    faults: strike({ operation: "batches.create", counts: [1] }, { kind: "answer", answer: { status: 500 } }),
  });
  const run = await world.run(itemLines(4), { job: jobAt(provider) });
  await expectOnce(run, sandbox, provider, 4);
});

test.for(PROVIDERS)("%s: the list does not show the batch at first", async (provider) => {
  const sandbox = await world.sandbox({
    faults: (call) => {
      if (call.operation === "batches.create" && call.count === 1) return acceptedThen500;
      const empty = { object: "list", data: [], has_more: false, first_id: null, last_id: null };
      if (call.operation === "batches.list" && call.count <= 2)
        return { kind: "answer", answer: { status: 200, body: empty } };
      return undefined;
    },
  });
  // Time for three lists, on a busy machine, too.
  vi.stubEnv(ENV.createSettle, "3");
  const run = await world.run(itemLines(4), { job: jobAt(provider) });
  await expectOnce(run, sandbox, provider, 4);
});

test.for(PROVIDERS)(
  "%s: the same execution run twice: no second batch, the same results",
  async (provider) => {
    const sandbox = await world.sandbox();
    const input = { job: jobAt(provider), execution: `twice-${provider}` };
    const first = await world.run(itemLines(4), input);
    const second = await world.runAgain(first.key, input);
    expect(second.job_id).toBe(first.job_id);
    expect(second.results).toEqual(first.results);
    await expectOnce(second, sandbox, provider, 4);
  },
);

test("another execution on the same object ends in AlreadyStarted and touches nothing", async () => {
  const sandbox = await world.sandbox();
  const input = { job: jobAt("openai") };
  const first = await world.run(itemLines(4), input);
  const second = await world.runAgain(first.key, { ...input, execution: "delivered-again" });
  expect(second.error).toBeUndefined();
  expect(second.output).toMatchObject({ job_id: first.job_id, prepared: false });
  expect(statesOf(second)).toEqual(["PrepareJob", "JobPrepared?", "AlreadyStarted"]);
  expect(second.record).toEqual(first.record);
  await expectOnce(second, sandbox, "openai", 4);
});

test("two executions on one object at the same time: one has the job", async () => {
  const sandbox = await world.sandbox();
  const key = await upload(itemLines(4));
  const input = { key, job: jobAt("openai") };
  const outputs = await Promise.all(["left", "right"].map((name) => world.engine.run(name, input)));
  expect(outputs.map((output) => "prepared" in (output as object)).sort()).toEqual([false, true]);
  expect((await sandbox.stats()).openai).toMatchObject({ batches_created: 1, requests_billed: 4 });
});

test("two runs of every Lambda at the same time: still one batch", async () => {
  // As deployed: a run that has begun a create may be alive. The engine knows that its own are not.
  process.env[ENV.submitLease] = "30";
  onTestFinished(() => {
    process.env[ENV.submitLease] = "0";
  });
  const sandbox = await world.sandbox({ latencySeconds: 0.3 });
  const key = await upload(itemLines(4));
  const input = { key, job: jobAt("openai") };
  const ends = await Promise.all([1, 2].map(() => world.engine.run("doubled", input)));
  for (const end of ends) expect(end).toMatchObject({ succeeded: true });
  expect((await sandbox.stats()).openai).toMatchObject({
    batches_created: 1,
    requests_accepted: 4,
    requests_billed: 4,
  });
});

test("the same file under the same settings, uploaded again, is the same job; with other settings another", async () => {
  const sandbox = await world.sandbox();
  const input = { job: jobAt("openai"), name: "again.jsonl" };
  const first = await world.run(itemLines(2), input);
  const second = await world.run(itemLines(2), input);
  expect(second.job_id).toBe(first.job_id);
  expect(second.output).toMatchObject({ prepared: false });
  const third = await world.run(itemLines(2), { ...input, job: jobAt("openai", { system: "be brief" }) });
  expect(third.job_id).not.toBe(first.job_id);
  const fourth = await world.run(itemLines(3), input);
  expect(fourth.job_id).not.toBe(first.job_id);
  expect((await sandbox.stats()).openai.batches_created).toBe(3);
});
