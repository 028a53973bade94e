/** How a round is waited for that is at the provider already. */
import { expect, test } from "vitest";
import { submitBatch } from "../../../../functions/submit-batch/submit-batch.ts";
import type { SubmitDeps } from "../../../../functions/submit-batch/submit-deps.ts";
import { BatchState } from "../../../../shared/payload.ts";
import { begin } from "../../../../shared/records/lifecycle/sending.ts";
import { startLocalData } from "../../../harness/local-data.ts";
import { recordOf } from "../../../harness/record.ts";

await startLocalData();
const NOW = 1_000_000;

test.each([
  [
    "any webhook is news of a batch that was never polled",
    undefined,
    { provider_batch_id: "batch_1", news_since: "0" },
  ],
  ["no webhook cuts the wait for lines that a batch lacks after its end", 1, { provider_batch_id: "-" }],
])("%s", async (_name, unsettled, wake) => {
  const job_id = `waits-${unsettled}`;
  await begin(recordOf({ job_id, status: "finalizing", submitted_at: NOW, unsettled }));
  const state = BatchState.parse({ job_id, batch: 1, round: 1, min_poll_seconds: 30 });
  const next = await submitBatch(state, { now: () => NOW } as SubmitDeps);
  expect(next).toMatchObject({ submitted: true, wake });
  expect(next.wait_seconds).toBeGreaterThanOrEqual(30);
});
