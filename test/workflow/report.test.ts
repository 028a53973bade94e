import { expect, test } from "vitest";
import { reportKey } from "../../shared/objects/keys.ts";
import { readText } from "../../shared/objects/objects.ts";
import type { ReportData } from "../../shared/report/report-data.ts";
import { startWorld } from "../harness/harness.ts";

const world = await startWorld();

async function reportOf(job_id: string): Promise<ReportData> {
  const html = (await readText(reportKey(job_id))) ?? "";
  return JSON.parse(/id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? "");
}

test("a job's report counts every row, and shows prompts beside answers and errors", async () => {
  await world.sandbox();
  world.limits({ openai: { max_requests: 4 } });
  const lines = Array.from({ length: 10 }, (_, n) =>
    JSON.stringify({ custom_id: `row ${n}`, user_message: n === 3 ? "" : `What is ${n}? </script>` }),
  );
  const { job_id, results } = await world.run(lines, { job: { provider: "openai", model: "gpt-4.1-mini" } });
  const report = await reportOf(job_id);
  expect(report.job).toMatchObject({ job_id, status: "completed", counts: { succeeded: 9, invalid: 1 } });
  expect(report.rows.map(({ line, status }) => [line, status])).toEqual(
    results.map(({ line, status }) => [line, status]),
  );
  expect(report.rows[0]).toMatchObject({
    custom_id: "row 0",
    prompt: "[user] What is 0? </script>",
    answer: results[0]?.response?.content,
  });
  expect(report.errors).toMatchObject([{ status: "invalid", count: 1, lines: [4] }]);
  expect(report.prompt_tokens.reduce((sum, [, count]) => sum + count, 0)).toBe(9);
  expect(report.finish_reasons).toEqual([["stop", 9]]);
  expect(report.rounds.map(({ batch, status }) => [batch, status])).toEqual([
    [1, "completed"],
    [2, "completed"],
    [3, "completed"],
  ]);
});
