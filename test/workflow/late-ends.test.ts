/** A provider's last word before its parts, and a last word that never comes. */
import { expect, onTestFinished, test, vi } from "vitest";
import { namedFaults } from "../../local/sandbox/named-faults.ts";
import { readBatch } from "../../shared/records/batch-record.ts";
import { itemLines, jobAt, PROVIDERS, startWorld, statesOf } from "../harness/harness.ts";

const world = await startWorld();
const HOUR = 3_600_000;

test.for(
  PROVIDERS.flatMap((provider) => ["late-files", "late-results"].map((fault) => [provider, fault] as const)),
)("%s: %s: the answers are waited for, and paid once", async ([provider, fault]) => {
  const sandbox = await world.sandbox({ faults: namedFaults([fault]) });
  const run = await world.run(itemLines(5), { job: jobAt(provider), name: `${fault}-${provider}.jsonl` });
  expect(run.error).toBeUndefined();
  expect(run.summary).toMatchObject({ status: "completed", counts: { succeeded: 5 } });
  expect((await sandbox.stats())[provider]).toMatchObject({ batches_created: 1, requests_billed: 5 });
});

// Seeds 1066 and 1163 of the simulation: a number of lines that is right hid that one of them was late.
test("a late line is missed although a line that nobody sent stands in its place", async () => {
  const sandbox = await world.sandbox({
    faults: ({ operation, count }) => {
      if (operation !== "files.content" || count > 1) return undefined;
      return {
        kind: "rewrite",
        rewrite: async function* (lines) {
          for await (const line of lines) yield line.replace(/-3"/, '-999"');
        },
      };
    },
  });
  const run = await world.run(itemLines(3), { job: jobAt("openai"), name: "stands-in.jsonl" });
  expect(run.summary).toMatchObject({ status: "completed", counts: { succeeded: 3 } });
  expect((await sandbox.stats()).openai).toMatchObject({ batches_created: 1, requests_billed: 3 });
});

// Seed 228 of the simulation: Together and servers like it count nothing.
test("a late line is missed although the provider counts no requests", async () => {
  const uncounted = (json: unknown) => ({ ...(json as object), request_counts: null });
  const sandbox = await world.sandbox({
    faults: ({ operation, count }) => {
      if (operation === "batches.retrieve") return { kind: "edit", edit: uncounted };
      if (operation !== "files.content" || count > 1) return undefined;
      return {
        kind: "rewrite",
        rewrite: async function* (lines) {
          for await (const line of lines) if (!line.includes('-3"')) yield line;
        },
      };
    },
  });
  const run = await world.run(itemLines(3), { job: jobAt("openai"), name: "uncounted.jsonl" });
  expect(run.summary).toMatchObject({ status: "completed", counts: { succeeded: 3 } });
  expect((await sandbox.stats()).openai).toMatchObject({ batches_created: 1, requests_billed: 3 });
});

// Seed 4565 of the simulation: no line said whose batch it was, so it was sent and paid again.
test("a batch found by time and count alone is waited for when its only line is late", async () => {
  const lost = namedFaults(["lost-create"]);
  const sandbox = await world.sandbox({
    faults: (call) => {
      if (call.operation !== "batches.results" || call.count > 1) return lost(call);
      return { kind: "rewrite", rewrite: async function* () {} };
    },
  });
  const run = await world.run(itemLines(1), { job: jobAt("anthropic"), name: "only-line.jsonl" });
  expect(run.summary).toMatchObject({ status: "completed", counts: { succeeded: 1 } });
  expect((await sandbox.stats()).anthropic).toMatchObject({ batches_created: 1, requests_billed: 1 });
});

// Seed 7301640 of the simulation: its answers may have been billed, and no receipt said so.
test("a batch found by time and count alone whose lines never come is sent again, and its answers are unknown", async () => {
  const lost = namedFaults(["lost-create"]);
  let first: string | undefined;
  const sandbox = await world.sandbox({
    faults: (call) => {
      if (call.operation !== "batches.results") return lost(call);
      first ??= call.path;
      return call.path === first ? { kind: "rewrite", rewrite: async function* () {} } : undefined;
    },
  });
  const run = await world.run(itemLines(2), { job: jobAt("anthropic"), name: "no-line.jsonl" });
  expect(run.summary).toMatchObject({
    ...{ status: "completed", counts: { succeeded: 2 } },
    receipt: { unknown: { batch: 2, real_time: 0 } },
  });
  expect((await sandbox.stats()).anthropic).toMatchObject({ batches_created: 2, requests_billed: 4 });
});

test("files that never come are waited for a bounded time; then the items are asked again", async () => {
  const gone = (json: unknown) => ({ ...(json as object), output_file_id: null, error_file_id: null });
  const sandbox = await world.sandbox({
    faults: ({ operation, path }) => {
      if (operation !== "batches.retrieve") return undefined;
      first ??= path;
      return path === first ? { kind: "edit", edit: gone } : undefined;
    },
  });
  let first: string | undefined;
  const run = await world.run(itemLines(3), { job: jobAt("openai") });
  expect(run.summary).toMatchObject({ status: "completed", counts: { succeeded: 3 } });
  expect((await sandbox.stats()).openai).toMatchObject({ batches_created: 2 });
  // The first poll after its end, and six more.
  expect(await readBatch({ job_id: run.job_id, batch: 1, round: 1 })).toMatchObject({ unsettled: 6 });
});

test.for(PROVIDERS)(
  "%s: a batch that never ends fails the job with a word; started again it is collected",
  async (provider) => {
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const endless = namedFaults(["never-ends"]);
    let ends = false;
    const sandbox = await world.sandbox({
      faults: (call) => {
        if (call.operation === "batches.retrieve") vi.setSystemTime(Date.now() + HOUR);
        return ends ? undefined : endless(call);
      },
    });
    const job = jobAt(provider, { deadline_hours: 2 });
    const run = await world.run(itemLines(3), { job, name: `endless-${provider}.jsonl` });
    expect(run.error).toMatch(
      /is still \w+ 3 hours after it was asked to end; start the job again to poll it once more/,
    );
    expect(run.record?.status).toBe("failed");
    const again = await world.runAgain(run.key, { job });
    expect(again.error).toMatch(/start the job again to poll it once more/);
    expect(statesOf(again).filter((name) => name === "WaitForProvider").length).toBeLessThan(3);
    ends = true;
    const last = await world.runAgain(run.key, { job });
    expect(last.error).toBeUndefined();
    expect(last.results).toHaveLength(3);
    expect((await sandbox.stats())[provider]).toMatchObject({ batches_created: 1 });
  },
);
