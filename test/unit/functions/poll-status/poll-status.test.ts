import { expect, test } from "vitest";
import { pollStatus } from "../../../../functions/poll-status/poll-status.ts";
import type { BatchJobInfo } from "../../../../shared/models.ts";
import { NO_COUNTS } from "../../../../shared/money/sums.ts";

import { BatchState } from "../../../../shared/payload.ts";
import type { Provider, ProviderBatch } from "../../../../shared/providers/provider.ts";
import { readBatch } from "../../../../shared/records/batch-record.ts";
import { claimJob } from "../../../../shared/records/job-record.ts";
import { begin } from "../../../../shared/records/lifecycle/sending.ts";
import { startLocalData } from "../../../harness/local-data.ts";
import { recordOf, setBatch } from "../../../harness/record.ts";

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

/** What a provider says of a batch that runs. */
const SEEN: ProviderBatch = {
  id: "batch_1",
  status: "in_progress",
  created_at: 10,
  request_count: 2,
  raw: null,
  counts: NO_COUNTS,
  error: null,
  times: {},
};
const INFO: BatchJobInfo = {
  ...{ job_id: "", provider: "openai", model: "m", raw: null },
  ...{ status: "pending", created_at: 10, request_count: 2 },
};

/** A poll of a batch that was just sent, and of which the provider says this. */
async function polledAs(job_id: string, more: Partial<ProviderBatch>, deleted: unknown[] = []) {
  const round = { job_id, batch: 1, round: 1 };
  await begin({
    ...round,
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
  const provider = {
    limitsQueuedTokens: false,
    unsettled: () => null,
    deleteFiles: async (batch: unknown) => void deleted.push(batch),
    pollStatus: async () => ({ ...SEEN, ...more }),
  } as unknown as Provider;
  const poll = pollStatus(BatchState.parse({ ...round, min_poll_seconds: 1, submitted: true }), {
    provider: async () => provider,
    now: () => 20,
  });
  return { poll, read: () => readBatch(round) };
}

test("a batch that failed for want of money is sent again once a person has acted", async () => {
  const raw = { errors: { data: [{ code: "billing_hard_limit_reached", message: "no more" }] } };
  const deleted: unknown[] = [];
  const { poll, read } = await polledAs("broke", { status: "failed", raw }, deleted);
  await expect(poll).rejects.toMatchObject({
    name: "ProviderAuthError",
    message: expect.stringContaining("start the job again"),
  });
  expect(deleted).toHaveLength(1);
  expect(await read()).toMatchObject({ status: "pending", disowned: ["batch_1"] });
  expect((await read())?.provider_batch_id).toBeUndefined();
});

test("a status that is not known is polled on, and said", async () => {
  const { poll, read } = await polledAs("odd", { unknown_status: "PARKED" });
  expect(await poll).toMatchObject({ ended: false });
  expect((await read())?.trouble?.message).toContain('not known, "PARKED"');
});

// Seed 31407 of the simulation: polls that came early used up the patience, and what was paid was asked again.
test.each([
  [
    "no signal wakes a batch that lacks its files, and its whole wait counts",
    {},
    { wait: 300, unsettled: 1 },
  ],
  [
    "a wait for files that ends early, as the job's turn comes, does not count",
    { at_deadline: "real_time" as const, deadline_at: 100 },
    { wait: 63, unsettled: undefined },
  ],
])("%s", async (job_id, more, { wait, unsettled }) => {
  const round = { job_id, batch: 1, round: 1 };
  await claimJob({ ...INFO, job_id }, "e");
  await begin(recordOf({ ...round, status: "in_progress", request_count: 2, ...more }));
  const provider = {
    limitsQueuedTokens: false,
    unsettled: () => "its files",
    pollStatus: async () => ({ ...SEEN, status: "completed" }),
  } as unknown as Provider;
  const polling = BatchState.parse({ ...round, min_poll_seconds: 300, submitted: true });
  const after = await pollStatus(polling, { provider: async () => provider, now: () => 20 });
  expect(after).toMatchObject({ ended: false, wait_seconds: wait, wake: { provider_batch_id: "-" } });
  const found = await readBatch(round);
  expect(found?.status).toBe("finalizing");
  expect(found?.unsettled).toBe(unsettled);
});
