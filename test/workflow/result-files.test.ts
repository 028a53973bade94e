/** Whatever the provider's result files look like: the right rows, in the input's order. */
import { expect, test } from "vitest";
import {
  addedLines,
  doubledLines,
  type Fault,
  missingLines,
  notFoundYet,
  plans,
  strike,
} from "../../local/sandbox/faults.ts";
import { itemLines, type JobRun, jobAt, PROVIDERS, startWorld } from "../harness/harness.ts";
import type { TestProvider } from "./items.ts";

const world = await startWorld();
const DOWNLOAD = { openai: "files.content", anthropic: "batches.results" } as const;

/** Runs ten items with a fault in the first download; all must end answered. */
async function runWith(provider: TestProvider, fault: Fault, counts = [1]) {
  const sandbox = await world.sandbox({ faults: strike({ operation: DOWNLOAD[provider], counts }, fault) });
  const run = await world.run(itemLines(10), { job: jobAt(provider) });
  expectAllAnswered(run);
  return { run, stats: (await sandbox.stats())[provider] };
}

function expectAllAnswered(run: JobRun): void {
  expect(run.error).toBeUndefined();
  expect(run.results.map(({ line, custom_id }) => [line, custom_id])).toEqual(
    Array.from({ length: 10 }, (_, at) => [at + 1, `item-${at + 1}`]),
  );
  for (const { line, status, response } of run.results) {
    expect(status).toBe("succeeded");
    expect(response?.content).toContain(`About "Question ${line}"`);
  }
  expect(run.summary?.counts).toMatchObject({ succeeded: 10, failed: 0, invalid: 0, expired: 0 });
}

test.for(PROVIDERS)("%s: lines that are missing for a while are read again, not asked", async (provider) => {
  const { stats } = await runWith(
    provider,
    missingLines((at) => at < 3),
    [1, 2],
  );
  expect(stats).toMatchObject({ batches_created: 1, requests_accepted: 10 });
});

test.for(PROVIDERS)(
  "%s: lines that are missing for good are asked again, and only they",
  async (provider) => {
    const { stats } = await runWith(
      provider,
      missingLines((at) => at < 3),
      [1, 2, 3, 4],
    );
    expect(stats).toMatchObject({ batches_created: 2, requests_accepted: 13 });
  },
);

test.for(PROVIDERS)("%s: doubled lines count once", async (provider) => {
  const { run, stats } = await runWith(
    provider,
    doubledLines((at) => at % 2 === 0),
    [1, 2, 3],
  );
  expect(stats).toMatchObject({ batches_created: 1, requests_billed: 10 });
  const plain = await (async () => {
    await world.sandbox();
    return world.run(itemLines(10), { job: jobAt(provider) });
  })();
  expect(run.summary?.usage).toEqual(plain.summary?.usage);
});

test.for(PROVIDERS)("%s: foreign and broken lines are nobody's", async (provider) => {
  const body = { role: "assistant", content: "someone else's answer" };
  const foreign = (custom_id: string) =>
    provider === "openai"
      ? { custom_id, response: { status_code: 200, body: { choices: [{ message: body }] } }, error: null }
      : {
          custom_id,
          result: { type: "succeeded", message: { ...body, content: [{ type: "text", text: "x" }] } },
        };
  const lines = [
    JSON.stringify(foreign("0123456789abcdef-1")),
    JSON.stringify(foreign("item-1")),
    JSON.stringify({ custom_id: 5 }),
    JSON.stringify([1, 2, 3]),
    "null",
    "{}",
    "not json at all",
    '{"custom_id":"cut',
    "",
  ];
  const { stats } = await runWith(provider, addedLines(...lines));
  expect(stats).toMatchObject({ batches_created: 1, requests_billed: 10 });
});

test.for(PROVIDERS)("%s: U+2028, U+2029 and U+0085 in an answer end no line", async (provider) => {
  const odd = "a\u2028b\u2029c\u0085d";
  const { run } = await runWith(provider, {
    kind: "rewrite",
    rewrite: async function* (lines) {
      for await (const line of lines) yield line.replace("no model was asked", odd);
    },
  });
  for (const { response } of run.results) expect(response?.content).toContain(odd);
});

test.for(PROVIDERS)("%s: one odd record is that item's error, never the batch's", async (provider) => {
  const broken = provider === "openai" ? { response: { status_code: 200, body: null } } : { result: null };
  await world.sandbox({
    faults: strike(
      { operation: DOWNLOAD[provider] },
      {
        kind: "rewrite",
        rewrite: async function* (lines) {
          let first = true;
          for await (const line of lines) {
            yield first ? JSON.stringify({ custom_id: JSON.parse(line).custom_id, ...broken }) : line;
            first = false;
          }
        },
      },
    ),
  });
  const run = await world.run(itemLines(10), { job: jobAt(provider, { max_rounds: 1 }) });
  expect(run.error).toBeUndefined();
  expect(run.results).toHaveLength(10);
  const wrong = run.results.filter(({ status }) => status !== "succeeded");
  expect(wrong).toHaveLength(1);
  expect(wrong[0]).toMatchObject({ status: "failed", error: expect.any(String) });
});

test.for(PROVIDERS)("%s: a download that is cut resumes", async (provider) => {
  for (const bytes of [0, 700]) {
    const { stats } = await runWith(provider, { kind: "cut", bytes });
    expect(stats).toMatchObject({ batches_created: 1, requests_billed: 10 });
  }
});

test.for(PROVIDERS)("%s: a 404 for a moment is waited out", async (provider) => {
  const sandbox = await world.sandbox({
    faults: plans(
      strike({ operation: "batches.retrieve", counts: [1, 2] }, notFoundYet),
      strike({ operation: DOWNLOAD[provider], counts: [1, 2] }, notFoundYet),
    ),
  });
  const run = await world.run(itemLines(10), { job: jobAt(provider) });
  expectAllAnswered(run);
  expect((await sandbox.stats())[provider]).toMatchObject({ batches_created: 1, requests_billed: 10 });
});

test.for(PROVIDERS)("%s: lines that never come are the items' errors, after max_rounds", async (provider) => {
  const sandbox = await world.sandbox({
    faults: strike(
      { operation: DOWNLOAD[provider] },
      missingLines(() => true),
    ),
  });
  const run = await world.run(itemLines(3), { job: jobAt(provider, { max_rounds: 2 }) });
  expect(run.error).toBeUndefined();
  expect(run.results.map(({ line, status, error }) => [line, status, error])).toEqual(
    [1, 2, 3].map((line) => [line, "failed", "the provider returned no result for this item"]),
  );
  expect((await sandbox.stats())[provider].batches_created).toBe(2);
});
