import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { bringResults } from "../../../../cli/results/bring-results.ts";
import { emptyQuote } from "../../../../shared/money/quote.ts";
import { indexKey, reportKey, rowsKey } from "../../../../shared/objects/keys.ts";
import { writeLeftovers } from "../../../../shared/objects/leftovers.ts";
import { writeText } from "../../../../shared/objects/objects.ts";
import { batchKey } from "../../../../shared/records/batch-record.ts";
import { claimJob, updateJob } from "../../../../shared/records/job-record.ts";
import { begin } from "../../../../shared/records/lifecycle/sending.ts";
import { update } from "../../../../shared/records/table.ts";
import { startLocalData } from "../../../harness/local-data.ts";
import { recordOf } from "../../../harness/record.ts";

await startLocalData();

const wanted = { origin: undefined, follow: "" };

/** A job that failed before it had results, with the rows of batches that were collected. */
async function failedWith(job_id: string, batches: string[]) {
  const status = "in_progress" as const;
  const job = {
    job_id,
    provider: "openai" as const,
    model: "gpt-4.1-mini",
    status,
    created_at: 1,
    request_count: 3,
  };
  const claimed = await claimJob({ ...job, raw: null }, "e");
  if (!claimed) throw new Error("not claimed");
  for (const [at, rows] of batches.entries()) {
    const batch = at + 1;
    await writeText(rowsKey(job_id, batch, 1), rows);
    await begin(recordOf({ job_id, batch, collected: true, rows_bytes: Buffer.byteLength(rows) }));
  }
  const info = await updateJob({ ...claimed, batch_count: batches.length }, "failed", 2, {
    error: "the table is gone",
  });
  return { ...claimed, ...info };
}

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-out-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

const row = (line: number) =>
  `${JSON.stringify({ line, custom_id: `${line}`, status: "succeeded", response: { content: "a" } })}\n`;

test("of a job that failed before it had results, what was collected is brought", async () => {
  const job = await failedWith("late", [row(1) + row(2), row(3)]);
  const dir = folder();
  expect(await bringResults(job, dir, wanted)).toEqual({ results: join(dir, "results.jsonl") });
  expect(readFileSync(join(dir, "results.jsonl"), "utf8")).toBe(row(1) + row(2) + row(3));
  await writeText(reportKey("late"), "why");
  expect(await bringResults(job, dir, wanted)).toMatchObject({ report: join(dir, "report.html") });
  const { csv = "" } = await bringResults(job, dir, { ...wanted, format: "csv" });
  expect(readFileSync(csv, "utf8")).toMatch(/\n3,3,succeeded,/);
  expect(readdirSync(dir).sort()).toEqual(["report.html", "results.csv", "results.jsonl"]);
  await expect(bringResults(job, dir, { ...wanted, failed: true })).rejects.toThrow(
    /no failed.jsonl: the table/,
  );
});

// Both of its rows were there.
test("an item that the last round asked again has one row, in its place", async () => {
  const failed = row(2).replace("succeeded", "failed");
  const job = await failedWith("pooled", [row(1) + failed, row(3), row(2)]);
  expect(await update(batchKey({ job_id: "pooled", batch: 3, round: 1 }), { provider_batch_id: "b" })).toBe(
    true,
  );
  await writeText(indexKey("pooled", 3), '[2,"2"]\n');
  await writeLeftovers("pooled", { batch: 3, from: [1], quote: emptyQuote() });
  const dir = folder();
  await bringResults(job, dir, wanted);
  expect(readFileSync(join(dir, "results.jsonl"), "utf8")).toBe(row(1) + row(2) + row(3));
});

test("a job that failed without an answer has no results", async () => {
  const job = await failedWith("none", []);
  await expect(bringResults(job, folder(), wanted)).rejects.toThrow(/no results: the table is gone/);
});
