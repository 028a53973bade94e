/** The journal of a real-time round in the embedded engine: what has arrived outlives the process. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { Journal } from "../../../../functions/answer-now/journal.ts";
import { JobSpec } from "../../../../shared/models.ts";
import { type BatchRecord, readBatch } from "../../../../shared/records/batch-record.ts";
import { asking } from "../../../../shared/records/lifecycle/real-time.ts";
import { begin } from "../../../../shared/records/lifecycle/sending.ts";
import { startLocalData } from "../../../harness/local-data.ts";
import { recordOf } from "../../../harness/record.ts";

const stores = await startLocalData();

afterEach(() => void vi.restoreAllMocks());

const NO_ANSWER = { outcome: null, error: "no", retryable: false, unknown: 0, paid: [] };

/** A round of three lines; each call takes it over from the run before. */
async function roundOf(job_id: string): Promise<() => Promise<Journal>> {
  const planned = recordOf({ job_id, real_time: true, status: "pending", provider_batch_id: undefined });
  await begin(planned);
  const job = { lines: 3, spec: JobSpec.parse({ provider: "openai", model: "m" }) };
  return async () => {
    const found = await readBatch(planned);
    const record = found && (await asking(found, 1));
    if (!record) throw new Error("it cannot be taken over");
    return Journal.restore(record, job);
  };
}

// Seed 205 of the simulation: its answers were paid again, and in no receipt.
test("what a run has kept since the next one read the record is not forgotten", async () => {
  const run = await roundOf("stale");
  const first = await run();
  const read = await readBatch({ job_id: "stale", batch: 1, round: 1 });
  await first.open([1, 2, 3]);
  expect(await asking(read as BatchRecord, 1)).toBeNull();
  const second = await run();
  expect(second.unknown).toBe(3);
  second.close();
  first.close();
});

// Seed 326 of the simulation: an odd answer was paid, and its run died while it asked once more.
test("what a try has cost is kept before the next one", async () => {
  const run = await roundOf("tries");
  const first = await run();
  await first.open([1]);
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
  await first.spent(1, { paid: [{ response: { usage } }], unknown: 1 });
  const second = await run();
  expect(second.has(1)).toBe(false);
  expect(second.answers.roundBill.usage).toMatchObject(usage);
  // One that broke off, and the one that was under way.
  expect(second.unknown).toBe(2);
  second.close();
  first.close();
});

/** The next run has two of the three lines; it goes no further. */
function expectFirstTwo(next: Journal): void {
  expect([1, 2, 3].map((line) => next.has(line))).toEqual([true, true, false]);
  next.close();
}

// A dead process lost what had come in its last half second.
test("an answer is safe a fifth of a second after it came", async () => {
  const run = await roundOf("now");
  const first = await run();
  await first.open([1, 2, 3]);
  for (const line of [1, 2]) {
    first.add(line, NO_ANSWER);
    await sleep(200);
  }
  // The first run goes no further, as if it had been killed.
  const second = await run();
  expect(second.unknown).toBe(1);
  expectFirstTwo(second);
  first.close();
});

// They were paid, and asked again.
test("answers of a part that could not be written are kept when the run ends", async () => {
  const run = await roundOf("broken");
  const first = await run();
  await first.open([1, 2, 3]);
  const put = vi.spyOn(stores.objects, "put").mockRejectedValueOnce(new Error("S3 is away"));
  first.add(1, NO_ANSWER);
  await vi.waitFor(() => expect(put).toHaveBeenCalled());
  first.add(2, NO_ANSWER);
  await first.pause();
  expectFirstTwo(await run());
  first.close();
});

test("a write of the record whose answer was lost is no other run", async () => {
  const run = await roundOf("lost");
  const first = await run();
  await first.open([1, 2, 3]);
  const update = stores.table.update.bind(stores.table);
  const lost = vi.spyOn(stores.table, "update").mockImplementationOnce(async (call) => {
    await update(call);
    throw new Error("the connection is cut");
  });
  first.add(1, NO_ANSWER);
  await vi.waitFor(() => expect(lost).toHaveBeenCalled());
  first.add(2, NO_ANSWER);
  await first.pause();
  expectFirstTwo(await run());
  first.close();
});

// 90 rows on a full disk of 30 MB: 139 requests.
test("on a full disk, what no part has is kept in the room that was held, and no line is unknown", async () => {
  const run = await roundOf("full");
  let free = true;
  const put = stores.objects.put.bind(stores.objects);
  vi.spyOn(stores.objects, "put").mockImplementation(async (key, ...rest) => {
    // There is room for a part, and for no more.
    if (!free || key.includes(".answers-")) throw new Error("ENOSPC");
    return put(key, ...rest);
  });
  vi.spyOn(stores.objects, "holdRoom").mockReturnValue({
    release: () => {
      free = true;
    },
  });
  const first = await run();
  await first.open([1, 2, 3]);
  free = false;
  for (const line of [1, 2]) first.add(line, NO_ANSWER);
  await expect(first.pause()).rejects.toThrow("ENOSPC");
  vi.restoreAllMocks();
  const next = await run();
  expect(next.unknown).toBe(0);
  expectFirstTwo(next);
  first.close();
});
