/** Jobs of several batches, cut by lowering the limits: every line answered once, in input order. */
import { expect, test } from "vitest";
import { requestKey } from "../../shared/objects/keys.ts";
import { headObject } from "../../shared/objects/objects.ts";
import { itemLine, itemLines, jobAt, PROVIDERS, startWorld, statesOf } from "../harness/harness.ts";

const world = await startWorld();

test.for(PROVIDERS)("%s: cut by count, the input's order is kept", async (provider) => {
  const sandbox = await world.sandbox();
  world.limits({ [provider]: { max_requests: 4 } });
  const run = await world.run(itemLines(10), { job: jobAt(provider) });
  expect(run.error).toBeUndefined();
  expect(run.results.map(({ line, custom_id }) => [line, custom_id])).toEqual(
    Array.from({ length: 10 }, (_, at) => [at + 1, `item-${at + 1}`]),
  );
  for (const { line, status, error, response } of run.results) {
    expect({ status, error }).toEqual({ status: "succeeded", error: null });
    expect(response?.content).toContain(`About "Question ${line}"`);
  }
  expect((await sandbox.stats())[provider]).toMatchObject({
    batches_created: 3,
    requests_accepted: 10,
    requests_billed: 10,
  });
  expect(statesOf(run).filter((name) => name === "CollectResults")).toHaveLength(3);
});

test.for(PROVIDERS)("%s: cut by bytes, as the provider counts them", async (provider) => {
  // The sandbox holds the client to the very limit that the batches are cut to.
  const limit = 1500;
  const sandbox = await world.sandbox({ limits: { openai_file_bytes: limit, anthropic_body_bytes: limit } });
  world.limits({ [provider]: { max_bytes: limit } });
  const lines = Array.from({ length: 12 }, (_, at) =>
    itemLine(`item-${at}`, `Question ${"é".repeat(at * 10)}`),
  );
  lines[5] = itemLine("large", "x".repeat(limit));
  const run = await world.run(lines, { job: jobAt(provider) });
  expect(run.results.map(({ custom_id, status }) => [custom_id, status])).toEqual(
    lines.map((_, at) => (at === 5 ? ["large", "invalid"] : [`item-${at}`, "succeeded"])),
  );
  expect(run.results[5]?.error).toContain("the provider's limit for a batch is 1500");
  const batches = run.record?.batch_count ?? 0;
  expect(batches).toBeGreaterThan(1);
  expect((await sandbox.stats())[provider].batches_created).toBe(batches);
  for (let batch = 1; batch <= batches; batch++) {
    expect((await headObject(requestKey(run.job_id, batch, 1)))?.bytes).toBeLessThanOrEqual(limit);
  }
});

test("max_concurrent_batches bounds what is at the provider at once", async () => {
  let open = 0;
  let most = 0;
  await world.sandbox({
    faults: ({ operation, method }) => {
      if (operation === "batches.create") most = Math.max(most, ++open);
      // OpenAI's files are deleted when a batch is done: the first of them is the input file.
      if (operation === "files.content" && method === "GET") open--;
      return undefined;
    },
  });
  world.limits({ openai: { max_requests: 1 } });
  const run = await world.run(itemLines(6), { job: jobAt("openai", { max_concurrent_batches: 2 }) });
  expect(run.results.every(({ status }) => status === "succeeded")).toBe(true);
  expect(most).toBe(2);
});

test("a batch that fails for good leaves the others alone", async () => {
  const sandbox = await world.sandbox({
    faults: ({ operation, count }) =>
      // The batch, then each half of it.
      operation === "batches.create" && [2, 3, 4].includes(count)
        ? { kind: "answer", answer: { status: 400, body: { error: { message: "no, thank you" } } } }
        : undefined,
  });
  world.limits({ openai: { max_requests: 2 } });
  const run = await world.run(itemLines(6), { job: jobAt("openai", { max_concurrent_batches: 1 }) });
  expect(run.error).toBeUndefined();
  expect(run.results.map(({ line, status }) => [line, status])).toEqual([
    [1, "succeeded"],
    [2, "succeeded"],
    [3, "failed"],
    [4, "failed"],
    [5, "succeeded"],
    [6, "succeeded"],
  ]);
  expect(run.results[2]?.error).toContain("no, thank you");
  expect(run.summary).toMatchObject({ status: "completed", counts: { succeeded: 4, failed: 2 } });
  expect((await sandbox.stats()).openai.requests_billed).toBe(4);
});
