import { expect, test } from "vitest";
import { begin } from "../../../../shared/records/lifecycle/sending.ts";
import { admit, learnLimit, queueOf, release } from "../../../../shared/records/token-ledger.ts";
import { startLocalData } from "../../../harness/local-data.ts";
import { recordOf } from "../../../harness/record.ts";

await startLocalData();

/** A batch that waits, of a job of its own. */
async function batchOf(job_id: string) {
  const record = recordOf({ job_id, model: "gpt-4.1", status: "pending", provider_batch_id: undefined });
  await begin(record);
  return record;
}

test("a batch that is not admitted learns whose hold is the oldest of the others, and since when", async () => {
  const [first, second, third] = [await batchOf("first"), await batchOf("second"), await batchOf("third")];
  const queue = queueOf(first);
  await learnLimit(queue, 100, 1000);
  expect(await admit(queue, first, 60, 1010)).toMatchObject({ admitted: true, oldest: undefined });
  expect(await admit(queue, second, 30, 1020)).toMatchObject({
    admitted: true,
    oldest: { job_id: "first", at: 1010 },
  });
  const turnedAway = { admitted: false, alone: false, limit: 100 };
  expect(await admit(queue, third, 60, 1030)).toMatchObject({
    ...turnedAway,
    oldest: { job_id: "first", at: 1010 },
  });
  await release(queue, first, 1040);
  expect(await admit(queue, third, 80, 1050)).toMatchObject({
    ...turnedAway,
    oldest: { job_id: "second", at: 1020 },
  });
});
