import { expect, test } from "vitest";
import { pollStatus } from "../../../../functions/poll-status/poll-status.ts";
import { NO_COUNTS } from "../../../../shared/money/sums.ts";

import { BatchState } from "../../../../shared/payload.ts";
import type { Provider } from "../../../../shared/providers/provider.ts";
import { begin } from "../../../../shared/records/batch-lifecycle.ts";
import { readBatch } from "../../../../shared/records/batch-record.ts";
import { startLocalData } from "../../../harness/local-data.ts";
import { setBatch } from "../../../harness/record.ts";

await startLocalData();

const id = { job_id: "slow", batch: 1, round: 1 };
const state = BatchState.parse({ ...id, min_poll_seconds: 1, submitted: true });

test("a slow poll does not overwrite what other runs have collected meanwhile", async () => {
  await begin({
    ...id,
    provider: "openai",
    status: "in_progress",
    created_at: 10,
    request_count: 2,
    raw: null,
    tag: "tag",
    attempt: 1,
    intent_at: 10,
    provider_batch_id: "batch_1",
  });
  const counts = { ...NO_COUNTS, succeeded: 1, failed: 1 };
  // Only the moment matters: between this look's question and its answer, others come to the end.
  const provider = {
    limitsQueuedTokens: false,
    unsettled: () => null,
    async pollStatus() {
      await setBatch(id, { status: "completed", collected: true, counts });
      return {
        id: "batch_1",
        status: "completed",
        created_at: 10,
        request_count: 2,
        raw: null,
        counts: { ...NO_COUNTS, succeeded: 2 },
        error: null,
        times: {},
      };
    },
  } as unknown as Provider;
  const after = await pollStatus(state, { provider: async () => provider, now: () => 20 });
  expect(after).toMatchObject({ ended: true });
  expect(await readBatch(id)).toMatchObject({ status: "completed", counts });
});
