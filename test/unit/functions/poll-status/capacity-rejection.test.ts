/** Batches whose estimates are too low fit together in our ledger, and are rejected together at the provider. */
import { expect, test } from "vitest";
import { isTooLargeForQueue } from "../../../../functions/poll-status/capacity-rejection.ts";
import type { Provider } from "../../../../shared/providers/provider.ts";
import { begin } from "../../../../shared/records/lifecycle/sending.ts";
import { admit, queueOf } from "../../../../shared/records/token-ledger.ts";
import { startLocalData } from "../../../harness/local-data.ts";
import { recordOf } from "../../../harness/record.ts";

await startLocalData();
const provider = { deleteFiles: async () => undefined } as unknown as Provider;

test.each([
  ["waits while the other may end", 5, 10, false],
  ["is sent in smaller parts when that came to nothing twelve times", 5, 11, true],
  ["waits on when it is a single item", 1, 30, false],
])("a rejected batch beside another %s", async (name, request_count, before, expected) => {
  const model = name;
  const record = recordOf({
    ...{ job_id: `own-${before}-${request_count}`, model, request_count, status: "in_progress" },
    disowned: Array.from({ length: before }, (_, at) => `batch_${at}`),
  });
  const other = recordOf({ job_id: `other-${before}-${request_count}`, model, status: "in_progress" });
  await begin(record);
  await begin(other);
  for (const held of [record, other]) await admit(queueOf(held), held, 10, 100);
  const batch = { id: "batch_x" } as never;
  expect(await isTooLargeForQueue(record, batch, 1000, provider, 100, 200)).toBe(expected);
});
