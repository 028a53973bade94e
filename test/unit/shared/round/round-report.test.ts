import { expect, test } from "vitest";
import { requestKey, roundReportKey, tagOf, wireId } from "../../../../shared/objects/keys.ts";
import { readText, writeText } from "../../../../shared/objects/objects.ts";
import type { StoredReport } from "../../../../shared/report/batch-report.ts";
import { RoundReport } from "../../../../shared/round/round-report.ts";
import { startLocalData } from "../../../harness/local-data.ts";

await startLocalData();

/** A report of one round, of lines with the prompts that the index has. */
function reportOf(prompts: [line: number, prompt: string | undefined][]): RoundReport {
  const report = new RoundReport(5);
  for (const [line, prompt] of prompts) {
    const end = { status: "failed" as const, error: "no", response: null };
    report.count({ line, ...end }, false);
    report.show(line, false, () => ({ custom_id: `${line}`, ...end, prompt }));
  }
  return report;
}

async function written(job_id: string, report: RoundReport): Promise<unknown[]> {
  const id = { job_id, batch: 1, round: 2 };
  await report.write(id);
  const stored: StoredReport = JSON.parse((await readText(roundReportKey(job_id, 1, 2))) ?? "");
  return stored.ended.rows.map(({ line, prompt }) => [line, prompt]);
}

test("prompts come from the index: where it has all of them, the request file is not read", async () => {
  expect(
    await written(
      "no-requests",
      reportOf([
        [1, "[user] 1"],
        [2, "[user] 2"],
      ]),
    ),
  ).toEqual([
    [1, "[user] 1"],
    [2, "[user] 2"],
  ]);
});

test("prompts that the index lacks are those of the first round, which has every line", async () => {
  const requests = [1, 2, 3].map((line) =>
    JSON.stringify({ custom_id: wireId(tagOf("some", 1, 1), line), body: { prompt: `file ${line}` } }),
  );
  await writeText(requestKey("some", 1, 1), `${requests.join("\n")}\n`);
  expect(
    await written(
      "some",
      reportOf([
        [2, undefined],
        [3, "[user] 3"],
      ]),
    ),
  ).toEqual([
    [2, "file 2"],
    [3, "[user] 3"],
  ]);
});
