import { expect, test } from "vitest";
import { handler } from "../../../../functions/record-failure/handler.ts";
import { recordJobFailure } from "../../../../functions/record-failure/record-failure.ts";
import { JobSpec } from "../../../../shared/models.ts";
import { emptyQuote } from "../../../../shared/money/quote.ts";
import { writeJobFile } from "../../../../shared/objects/job-file.ts";
import { reportKey, roundReportKey } from "../../../../shared/objects/keys.ts";
import { readText, writeText } from "../../../../shared/objects/objects.ts";
import { readBatch } from "../../../../shared/records/batch-record.ts";
import { claimJob, readJob, updateJob } from "../../../../shared/records/job-record.ts";
import { begin } from "../../../../shared/records/lifecycle/sending.ts";
import { BatchReport } from "../../../../shared/report/batch-report.ts";
import { reportDataOf } from "../../../../shared/report/render.ts";
import { readSource } from "../../../../shared/workflow/job-source.ts";
import { startLocalData } from "../../../harness/local-data.ts";
import { recordOf } from "../../../harness/record.ts";

await startLocalData();

const fail = (key: string, execution: string, error: { Error: string; Cause: string }) =>
  recordJobFailure({ execution, input: { key }, error }, 50);

test("a job that failed before anything was known of it", async () => {
  const finished = await fail("inbox/missing.jsonl", "e1", {
    Error: "InvalidJobError",
    Cause: "there is no object",
  });
  expect(finished).toMatchObject({
    succeeded: false,
    info: { provider: null, status: "failed", error: "there is no object", request_count: 0 },
  });
  expect(await readJob(finished.job_id)).toMatchObject({
    status: "failed",
    execution: "e1",
    times: { failed: 50 },
  });
});

test.each([
  [
    "Lambda's form",
    JSON.stringify({ errorType: "InvalidJobError", errorMessage: "no item", trace: ["at x"] }),
    "no item",
  ],
  ["plain text", "no item", "no item"],
  ["JSON that is not Lambda's", '{"a":1}', '{"a":1}'],
  ["no cause", "", "InvalidJobError"],
  ["a long one", "x".repeat(50_000), "x".repeat(4000)],
])("the cause in %s", async (name, Cause, error) => {
  const { info } = await fail(`inbox/${name}.jsonl`, "e2", { Error: "InvalidJobError", Cause });
  expect(info.error).toBe(error);
});

test("another execution's job is not touched", async () => {
  await writeText("inbox/other.jsonl", "{}");
  const { job_id } = await readSource({ key: "inbox/other.jsonl" });
  await claimJob(
    { job_id, provider: "openai", status: "in_progress", created_at: 1, request_count: 3, raw: null },
    "owner",
  );
  const finished = await fail("inbox/other.jsonl", "stranger", { Error: "E", Cause: "late" });
  expect(finished).toMatchObject({ job_id, succeeded: false, info: { status: "failed", error: "late" } });
  expect(await readJob(job_id)).toMatchObject({
    status: "in_progress",
    execution: "owner",
    request_count: 3,
  });
});

test("a job that a run which was given up has ended keeps its end", async () => {
  await writeText("inbox/ended.jsonl", "{}");
  const { job_id } = await readSource({ key: "inbox/ended.jsonl" });
  const info = { job_id, provider: "openai", created_at: 1, request_count: 3, raw: null } as const;
  const job = await claimJob({ ...info, status: "in_progress" }, "mine");
  if (!job) throw new Error("the job was not claimed");
  await updateJob(job, "completed", 40);
  const finished = await fail("inbox/ended.jsonl", "mine", { Error: "E", Cause: "the last try broke off" });
  expect(finished).toMatchObject({ job_id, succeeded: true, info: { status: "completed" } });
  expect(await readJob(job_id)).toMatchObject({ status: "completed", times: { completed: 40 } });
  expect((await readJob(job_id))?.error).toBeUndefined();
});

// Each round is an object to read: with ten a batch, the Lambda's two minutes were over before the failure was recorded.
test("a report counts so many rounds as can be read in time", async () => {
  await writeText("inbox/long.jsonl", "{}");
  const { job_id } = await readSource({ key: "inbox/long.jsonl" });
  const info = { job_id, provider: "openai", created_at: 1, request_count: 3, raw: null } as const;
  const spec = JobSpec.parse({ provider: "openai", model: "m" });
  const batches = [emptyQuote(), emptyQuote(), emptyQuote()];
  await writeJobFile(job_id, { spec, key: "inbox/long.jsonl", header: 0, lines: 3, batches });
  const job = await claimJob({ ...info, status: "in_progress" }, "mine");
  if (!job) throw new Error("the job was not claimed");
  await updateJob(job, "in_progress", 2, { batch_count: 3 });
  for (const [at, round] of [500, 500, 1].entries()) {
    const report = new BatchReport();
    report.add({ line: at + 1, status: "failed", error: `in batch ${at + 1}`, response: null }, 3);
    const none = new BatchReport();
    await writeText(
      roundReportKey(job_id, at + 1, round),
      JSON.stringify({ ended: report.toJSON(), again: none.toJSON() }),
    );
    await begin(recordOf({ job_id, batch: at + 1, round, collected: true }));
  }
  await fail("inbox/long.jsonl", "mine", { Error: "E", Cause: "the bucket is gone" });
  const data = reportDataOf((await readText(reportKey(job_id))) ?? "");
  expect(data?.errors).toMatchObject([{ count: 2 }]);
  expect(await readJob(job_id)).toMatchObject({ status: "failed" });
});

test("a batch's failure is written to its round, and is an event", async () => {
  const record = recordOf({ job_id: "batched", status: "pending" });
  await begin(record);
  const batch = { job_id: "batched", batch: 1, round: 1, min_poll_seconds: 30 };
  const error = { Error: "ProviderAuthError", Cause: "refused" };
  expect(await handler({ execution: "e", input: {}, batch, error })).toEqual({
    info: { job_id: "batched", batch: 1, provider: null, status: "pending", rows: null },
  });
  expect(await readBatch(record)).toMatchObject({ status: "pending", error: "refused" });
  // A round that was never begun has no record, and gets none.
  await handler({ execution: "e", input: {}, batch: { ...batch, batch: 2 }, error });
  expect(await readBatch({ job_id: "batched", batch: 2, round: 1 })).toBeNull();
});
