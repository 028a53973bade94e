/** What a batch that was left to real time cost, when not all of its results can be read. */
import { expect, test } from "vitest";
import { settleLate } from "../../../../functions/collect-results/late-batch.ts";
import { ProviderUnavailableError } from "../../../../shared/errors.ts";
import { JobSpec } from "../../../../shared/models.ts";
import { NO_COUNTS } from "../../../../shared/money/sums.ts";
import { writeJobFile } from "../../../../shared/objects/job-file.ts";
import { wireId } from "../../../../shared/objects/keys.ts";
import { unanswered } from "../../../../shared/providers/wire/answer.ts";
import { readBatch } from "../../../../shared/records/batch-record.ts";
import { begin } from "../../../../shared/records/lifecycle/sending.ts";
import type { LongStepDeps } from "../../../../shared/workflow/batch-step.ts";
import { startLocalData } from "../../../harness/local-data.ts";
import { recordOf } from "../../../harness/record.ts";

await startLocalData();

// Seed 265 of the simulation: lines of requests that did not run were counted in the place of the lost answer.
test("an answer whose line is lost is unknown, though the lines of cancelled requests came", async () => {
  const left = recordOf({
    ...{ job_id: "late", provider: "anthropic", status: "expired", request_count: 2, collected: true },
    ...{ overtaken_at: 1, late_seen: true },
  });
  await begin(left);
  const spec = JobSpec.parse({ provider: "anthropic", model: "m" });
  await writeJobFile("late", { spec, key: "k", header: 0, lines: 2, batches: [] });
  const counts = { ...NO_COUNTS, succeeded: 1, cancelled: 1 };
  const provider = {
    pollStatus: async () => ({ status: "cancelled", counts }),
    getResults: async function* () {
      yield [unanswered(wireId(left.tag, 2), "cancelled", "cancelled", false, "null")];
      throw new ProviderUnavailableError("the connection broke");
    },
    deleteFiles: async () => {},
  };
  const deps = { provider: async () => provider, now: () => 10, runSeconds: 600 } as unknown as LongStepDeps;
  await settleLate(left, deps);
  expect(await readBatch(left)).toMatchObject({ late: "billed", unknown_requests: 1 });
});
