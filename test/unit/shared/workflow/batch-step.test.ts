import { expect, test } from "vitest";
import { unixNow } from "../../../../shared/clock.ts";
import { ProviderAuthError, ProviderUnavailableError } from "../../../../shared/errors.ts";
import { ENV } from "../../../../shared/names.ts";
import { readBatch } from "../../../../shared/records/batch-record.ts";
import { begin } from "../../../../shared/records/lifecycle/sending.ts";
import { batchStep } from "../../../../shared/workflow/batch-step.ts";
import { startLocalData } from "../../../harness/local-data.ts";
import { recordOf } from "../../../harness/record.ts";

await startLocalData();
process.env[ENV.logLevel] = "SILENT";
process.env[ENV.metricsDisabled] = "true";
const state = (job_id: string) => ({ job_id, batch: 1, round: 1, min_poll_seconds: 30 });
const failing = (error: Error) => batchStep("poll-status", () => Promise.reject(error));

test("a provider that cannot answer now is noted, and the error is thrown again", async () => {
  await begin(recordOf({ job_id: "busy" }));
  const before = unixNow();
  const step = failing(new ProviderUnavailableError("OpenAI answered 503"));
  await expect(step(state("busy"))).rejects.toThrow("503");
  const { trouble } = (await readBatch(state("busy"))) ?? {};
  expect(trouble?.message).toBe("OpenAI answered 503");
  expect(trouble?.at).toBeGreaterThanOrEqual(before);
});

test("other errors are not noted: they are reported with the job", async () => {
  await begin(recordOf({ job_id: "refused" }));
  const step = failing(new ProviderAuthError("refused the key"));
  await expect(step(state("refused"))).rejects.toThrow("refused the key");
  expect(await readBatch(state("refused"))).not.toHaveProperty("trouble");
});

test("a batch without a record yet makes no new trouble", async () => {
  await expect(failing(new ProviderUnavailableError("busy"))(state("none"))).rejects.toThrow("busy");
  expect(await readBatch(state("none"))).toBeNull();
});
