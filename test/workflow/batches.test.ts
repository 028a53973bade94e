/** Jobs of several batches, cut by lowering the limits: every line answered once, in input order. */
import { expect, test } from "vitest";
import { itemLines, jobAt, PROVIDERS, startWorld, statesOf } from "./harness.ts";

const world = await startWorld();

test.for(PROVIDERS)("%s: a job of several batches keeps the input's order", async (provider) => {
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
  expect((await sandbox.stats())[provider]).toEqual({
    batches_created: 3,
    requests_accepted: 10,
    requests_billed: 10,
  });
  expect(statesOf(run).filter((name) => name === "CollectResults")).toHaveLength(3);
});
