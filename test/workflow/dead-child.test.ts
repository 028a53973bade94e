/** A batch's execution that dies of the state machine's own error, as States.Runtime. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { HANDLERS, type Handler } from "../../local/engine/handlers.ts";
import { itemLines, jobAt, startWorld } from "../harness/harness.ts";

const SUBMIT = "functions/submit-batch";
/** Batches whose submission began. */
const began: number[] = [];

/** The first batch's step returns what no state can go on with; the second's is under way then. */
function replaced(handlers: Map<string, Handler>): void {
  const submit = handlers.get(SUBMIT) as Handler;
  handlers.set(SUBMIT, async (input) => {
    const { batch } = input as { batch: number };
    began.push(batch);
    await sleep(batch === 1 ? 100 : 300);
    return batch === 1 ? {} : submit(input);
  });
}

replaced(HANDLERS as Map<string, Handler>);
const world = await startWorld();

test("the batches that had not begun do not begin after the job has failed", async () => {
  const provider = await world.sandbox();
  world.limits({ openai: { max_requests: 1 } });
  const run = await world.run(itemLines(6), { job: jobAt("openai", { max_concurrent_batches: 2 }) });
  expect(run.error).toBeDefined();
  await sleep(1000);
  expect(began.sort()).toEqual([1, 2]);
  expect((await provider.stats()).openai.batches_created).toBeLessThanOrEqual(1);
});
