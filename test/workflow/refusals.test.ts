/** A batch that the provider refuses as a whole costs nothing: what is not at fault is answered, and loses no try. */
import { expect, test } from "vitest";
import { type FaultPlan, strike } from "../../local/sandbox/faults.ts";
import { namedFaults } from "../../local/sandbox/named-faults.ts";
import { itemLines, type JobRun, jobAt, PROVIDERS, startWorld } from "../harness/harness.ts";

const world = await startWorld();
/** One try for every item: what counts a refusal as a try loses items. */
const ONE_TRY = { max_rounds: 1 };

function expectAllAnswered(run: JobRun, count: number): void {
  expect(run.error).toBeUndefined();
  expect(run.results.map(({ line, status }) => [line, status])).toEqual(
    Array.from({ length: count }, (_, at) => [at + 1, "succeeded"]),
  );
}

test.for(PROVIDERS)("%s: a refused create that names no request is sent in halves", async (provider) => {
  const sandbox = await world.sandbox({ faults: namedFaults(["refused-create"]) });
  const run = await world.run(itemLines(8), {
    job: jobAt(provider, ONE_TRY),
    name: `halves-${provider}.jsonl`,
  });
  expectAllAnswered(run, 8);
  expect((await sandbox.stats())[provider]).toMatchObject({ batches_created: 2, requests_billed: 8 });
});

test("anthropic: a request that the refusal names is dropped, the others are sent at once", async () => {
  const message = "requests.2.params.messages: text content blocks must be valid";
  const body = { type: "error", error: { type: "invalid_request_error", message } };
  const sandbox = await world.sandbox({
    faults: strike(
      { operation: "batches.create", counts: [1] },
      { kind: "answer", answer: { status: 400, body } },
    ),
  });
  const run = await world.run(itemLines(8), { job: jobAt("anthropic", ONE_TRY) });
  expect(run.results.filter(({ status }) => status === "succeeded")).toHaveLength(7);
  expect(run.results[2]).toMatchObject({ status: "failed", error: expect.stringContaining(message) });
  expect((await sandbox.stats()).anthropic).toMatchObject({ batches_created: 1, requests_billed: 7 });
});

test("openai: a whole batch that fails its validation is sent in smaller parts", async () => {
  const sandbox = await world.sandbox({ limits: { openai_requests: 4 } });
  const run = await world.run(itemLines(5), { job: jobAt("openai", ONE_TRY) });
  expectAllAnswered(run, 5);
  expect((await sandbox.stats()).openai).toMatchObject({ requests_billed: 5 });
});

test("openai: a validation that names one bad line a time loses those lines, and no other", async () => {
  // Lines 2, 5, 7 and 11 of the input: each one's number among the requests that are left.
  const named = [2, 4, 5, 8];
  const plan: FaultPlan = ({ operation, count }) => {
    const line = operation === "batches.validate" ? named[count - 1] : undefined;
    if (line === undefined) return undefined;
    return {
      kind: "validation",
      errors: () => [{ code: "invalid_request", message: "bad", line, param: null }],
    };
  };
  await world.sandbox({ faults: plan });
  const run = await world.run(itemLines(12), { job: jobAt("openai", ONE_TRY) });
  expect(run.error).toBeUndefined();
  const failed = run.results.filter(({ status }) => status === "failed");
  expect(failed.map(({ line }) => line)).toEqual([2, 5, 7, 11]);
  for (const { error } of failed) expect(error).toContain("invalid_request: bad");
  expect(run.summary?.counts).toMatchObject({ succeeded: 8, failed: 4 });
});

test("openai: a batch that fails with the provider's own error is tried again", async () => {
  const sandbox = await world.sandbox({ faults: namedFaults(["failed-batch"]) });
  expectAllAnswered(await world.run(itemLines(4), { job: jobAt("openai") }), 4);
  expect((await sandbox.stats()).openai).toMatchObject({ batches_created: 2, requests_billed: 4 });
});

test.for(PROVIDERS)(
  "%s: without credit the job fails with what to do, and resumes when it is paid",
  async (provider) => {
    let paid = false;
    const refusing = namedFaults(["no-credit"]);
    const faults: FaultPlan = (call) => (paid ? undefined : refusing(call));
    const sandbox = await world.sandbox({ faults });
    const job = jobAt(provider, ONE_TRY);
    const run = await world.run(itemLines(4), { job, name: `credit-${provider}.jsonl` });
    expect(run.error).toMatch(/pay.*start the job again/);
    expect(run.record?.status).toBe("failed");
    paid = true;
    expectAllAnswered(await world.runAgain(run.key, { job }), 4);
    expect((await sandbox.stats())[provider]).toMatchObject({ requests_billed: 4 });
  },
);
