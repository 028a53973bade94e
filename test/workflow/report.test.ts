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

test("errors add up to the job's counts, whatever number of rounds a line waited for its end", async () => {
  // The provider takes three requests at a time: lines that failed wait until all others were tried.
  await world.sandbox({ limits: { openai_requests: 3 }, failRate: 0.5 });
  const lines = Array.from({ length: 20 }, (_, n) =>
    JSON.stringify({ custom_id: `row ${n}`, user_message: n === 3 ? "" : `What is ${n}?` }),
  );
  const settings = { provider: "openai", model: "gpt-4.1-mini", max_rounds: 2 };
  const { job_id, results } = await world.run(lines, { job: settings });
  const report = await reportOf(job_id);
  const failed = results.filter(({ status }) => status !== "succeeded");
  expect(failed.length).toBeGreaterThan(1);
  expect(report.errors.reduce((sum, { count }) => sum + count, 0)).toBe(failed.length);
  expect(report.rows.map(({ line, status, error }) => [line, status, error])).toEqual(
    results.map(({ line, status, error }) => [line, status, error]),
  );
  const sent = report.rows.filter(({ status }) => status !== "invalid");
  expect(sent.every(({ line, prompt }) => prompt === `[user] What is ${line - 1}?`)).toBe(true);
  expect(report.rounds.find(({ status }) => status === "failed")?.error).toBeDefined();
});

test("a batch that was never sent says why, line by line", async () => {
  await world.sandbox();
  world.limits({ openai: { max_requests: 2 } });
  const valid = [0, 1].map((n) => JSON.stringify({ custom_id: `row ${n}`, user_message: "?" }));
  const { job_id } = await world.run([...valid, "{", JSON.stringify({ custom_id: "a", user_message: "" })], {
    job: { provider: "openai", model: "gpt-4.1-mini" },
  });
  const { errors, rows } = await reportOf(job_id);
  expect(errors.map(({ status, count, lines }) => [status, count, lines])).toEqual([
    ["invalid", 1, [3]],
    ["invalid", 1, [4]],
  ]);
  expect(rows.map(({ line }) => line)).toEqual([1, 2, 3, 4]);
});

test("a job that failed before anything was sent says why, and with which settings", async () => {
  await world.sandbox();
  const schema = { type: "object", properties: { a: { type: "</script><b>no type" } } };
  const { job_id } = await world.run([JSON.stringify({ custom_id: "a", user_message: "?" })], {
    job: { provider: "openai", model: "gpt-4.1-mini", schema },
  });
  const { job, rows, rounds, spec } = await reportOf(job_id);
  expect(job).toMatchObject({ job_id, status: "failed", provider: "openai", model: "gpt-4.1-mini" });
  expect(job.error).toMatch(/schema/);
  expect(job.counts.succeeded).toBe(0);
  expect([rows, rounds]).toEqual([[], []]);
  expect(spec).toMatchObject({
    input: expect.stringMatching(/^inbox\//),
    schema: JSON.stringify(schema),
  });
});

test("the report has no settings that there are not: they may be secrets", async () => {
  await world.sandbox();
  const settings = { provider: "openai", model: "gpt-4.1-mini", api_key: "sk-secret" };
  const { job_id } = await world.run([JSON.stringify({ custom_id: "a", user_message: "?" })], {
    job: settings,
  });
  const { job, spec } = await reportOf(job_id);
  expect(job.error).toMatch(/api_key/);
  expect(spec).toMatchObject({ provider: "openai" });
  expect(await readText(reportKey(job_id))).not.toContain("sk-secret");
});

test("an upload that can be no job has a report, without the metadata of tools", async () => {
  await world.sandbox();
  const { job_id } = await world.run("{}{}\n", {
    metadata: {
      provider: "openai",
      model: "gpt-4.1-mini",
      "min-poll-seconds": "5",
      mtime: "17",
      "backup-of": "x",
    },
  });
  const { job, spec } = await reportOf(job_id);
  expect(job).toMatchObject({ status: "failed", provider: "openai", error: expect.stringMatching(/line 1/) });
  expect(spec).toMatchObject({ provider: "openai", min_poll_seconds: "5" });
  expect(Object.keys(spec)).not.toEqual(expect.arrayContaining(["mtime", "backup_of"]));
});

test("the fields of answers that fit a schema are counted", async () => {
  await world.sandbox();
  const schema = {
    type: "object",
    properties: {
      kind: { enum: ["a", "b"] },
      size: { type: "integer" },
      at: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
    required: ["kind", "size", "at"],
  };
  const lines = Array.from({ length: 12 }, (_, n) =>
    JSON.stringify({ custom_id: `${n}`, user_message: `${n}?` }),
  );
  const { job_id } = await world.run(lines, { job: { provider: "openai", model: "gpt-4.1-mini", schema } });
  const { fields } = await reportOf(job_id);
  expect(fields.map(({ name, count }) => [name, count])).toEqual([
    ["kind", 12],
    ["size", 12],
    ["at", 12],
    ["at.city", 12],
  ]);
  expect(fields[0]?.values.reduce((sum, [, count]) => sum + count, 0)).toBe(12);
});
