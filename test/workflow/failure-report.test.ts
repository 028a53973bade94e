/** A job that fails when its batches are done, before it has results: its report says what it has. */
import { expect, test } from "vitest";
import { HANDLERS, type Handler } from "../../local/engine/handlers.ts";
import { reportKey } from "../../shared/objects/keys.ts";
import { readText } from "../../shared/objects/objects.ts";
import { reportDataOf } from "../../shared/report/render.ts";
import type { ReportData } from "../../shared/report/report-data.ts";
import { itemLines, jobAt, startWorld } from "../harness/harness.ts";

(HANDLERS as Map<string, Handler>).set("functions/finalize-job", () =>
  Promise.reject(new Error("the bucket is gone")),
);
const world = await startWorld();

test("the report of a job that fails at its end counts what was collected, and what it cost", async () => {
  const sandbox = await world.sandbox({ failRate: 0.2, seed: "late" });
  world.limits({ openai: { max_requests: 5 } });
  const run = await world.run(itemLines(10), { job: jobAt("openai", { max_rounds: 1 }) });
  expect(run.record).toMatchObject({ status: "failed", error: "the bucket is gone" });
  const html = (await readText(reportKey(run.job_id))) ?? "";
  const { job, rows, rounds, receipt, errors } = reportDataOf(html) as ReportData;
  expect(job).toMatchObject({ status: "failed", error: "the bucket is gone", model: "gpt-4.1-mini" });
  const { openai: stats } = await sandbox.stats();
  expect(job.counts).toMatchObject({ succeeded: stats.requests_billed, failed: 10 - stats.requests_billed });
  expect(errors.length).toBeGreaterThan(0);
  expect(rows.map(({ line }) => line)).toEqual(Array.from({ length: 10 }, (_, at) => at + 1));
  expect(rounds).toHaveLength(2);
  expect(receipt?.total_tokens).toBe(stats.tokens_billed.total_tokens);
});
