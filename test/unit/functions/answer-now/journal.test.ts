/** The journal of a real-time round in the embedded engine: what has arrived outlives the process. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { Journal } from "../../../../functions/answer-now/journal.ts";
import { JobSpec } from "../../../../shared/models.ts";
import { asking, begin } from "../../../../shared/records/batch-lifecycle.ts";
import { readBatch } from "../../../../shared/records/batch-record.ts";
import { startLocalData } from "../../../harness/local-data.ts";
import { recordOf } from "../../../harness/record.ts";

await startLocalData();

// A dead process lost what had come in its last half second.
test("an answer is safe a fifth of a second after it came", async () => {
  const planned = recordOf({
    job_id: "now",
    real_time: true,
    status: "pending",
    provider_batch_id: undefined,
  });
  await begin(planned);
  const job = { lines: 3, spec: JobSpec.parse({ provider: "openai", model: "m" }) };
  const run = async () => {
    const found = await readBatch(planned);
    const record = found && (await asking(found, 1));
    if (!record) throw new Error("it cannot be taken over");
    return Journal.restore(record, job);
  };
  const first = await run();
  await first.open([1, 2, 3]);
  for (const line of [1, 2]) {
    first.add(line, { outcome: null, error: "no", retryable: false, unknown: 0, paid: [] });
    await sleep(200);
  }
  // The first run goes no further, as if it had been killed.
  const second = await run();
  expect([1, 2, 3].map((line) => second.has(line))).toEqual([true, true, false]);
  expect(second.unknown).toBe(1);
  first.close();
  second.close();
});
