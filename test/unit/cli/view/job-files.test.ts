import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { RowsFile } from "../../../../cli/results/collected-rows.ts";
import { mergedFiles, newestGeneration } from "../../../../cli/retry/merged-files.ts";
import { openDownload } from "../../../../cli/view/downloads.ts";
import { downloadsOf } from "../../../../cli/view/job-files.ts";
import { reportKey } from "../../../../shared/objects/keys.ts";
import { writeText } from "../../../../shared/objects/objects.ts";
import type { JobRecord } from "../../../../shared/records/job-record.ts";
import { startLocalData } from "../../../harness/local-data.ts";

await startLocalData();

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-out-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

function failed(job_id: string, batch_count?: number): JobRecord {
  const times = { created_at: 1, request_count: 0, raw: null, execution: "e" };
  return {
    job_id,
    provider: null,
    status: "failed",
    ...times,
    ...(batch_count && { batch_count }),
  } as JobRecord;
}

test("a retry's files are passed over while they are not whole, and when they are of an earlier start", async () => {
  const dir = folder();
  const job = { job_id: relative("out", dir), created_at: 2 };
  const summary = JSON.stringify(job);
  writeFileSync(join(dir, "summary-2.json"), "");
  writeFileSync(join(dir, "results-2.jsonl"), "{}\n");
  expect(await mergedFiles(job, undefined, dir)).toBeNull();
  // They may be paid for: nothing is written over them.
  expect(await newestGeneration(dir, job)).toBe(2);
  writeFileSync(join(dir, "summary-2.json"), summary);
  expect(await mergedFiles(job, undefined, dir)).toMatchObject({ generation: 2, bytes: 3 });
  expect(await mergedFiles(job, "sandbox", dir)).toBeNull();
  // The data folder was removed, and the same command run again.
  const again = { ...job, created_at: 3 };
  expect(await mergedFiles(again, undefined, dir)).toBeNull();
  expect(await newestGeneration(dir, again)).toBe(1);
  rmSync(join(dir, "results-2.jsonl"));
  expect(await mergedFiles(job, undefined, dir)).toBeNull();
});

test("a job's page offers the files that there are", async () => {
  expect(await downloadsOf(failed("bare"), null, null)).toEqual([]);
  expect(await openDownload("bare", "report.html", null, null)).toBeNull();
  await writeText(reportKey("early"), "why");
  expect(await downloadsOf(failed("early"), null, null)).toEqual(["report.html"]);
  // Batches were collected, and then the job failed.
  const rows: RowsFile = { bytes: 0, open: () => Promise.reject(new Error("not yet")) };
  const made = ["results.jsonl", "results.csv", "results.parquet"];
  expect(await downloadsOf(failed("late", 1), rows, null)).toEqual(made);
});
