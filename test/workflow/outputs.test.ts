/** What a job leaves behind: results, summary, records, events; and what it cleans up at the provider. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { BatchJobInfo } from "../../shared/models.ts";
import { resultsKey } from "../../shared/objects/keys.ts";
import { readText } from "../../shared/objects/objects.ts";
import type { JobEvent } from "../../shared/payload.ts";
import { readBatch } from "../../shared/records/batch-record.ts";
import { listJobs } from "../../shared/records/job-record.ts";
import { itemLines, type JobRun, jobAt, linesOf, MODELS, PROVIDERS, startWorld } from "../harness/harness.ts";

const world = await startWorld();

function detailsOf({ events }: JobRun): JobEvent[] {
  return events.flatMap((event) => (event.type === "event" ? [event.detail as JobEvent] : []));
}

test.for(PROVIDERS)("%s: summary, record and the last event say the same", async (provider) => {
  await world.sandbox();
  world.limits({ [provider]: { max_requests: 2 } });
  const before = Date.now() / 1000;
  const run = await world.run([...itemLines(5), "oops"], { job: jobAt(provider) });
  const after = Date.now() / 1000;
  const { summary, record } = run;
  expect(summary).toMatchObject({
    job_id: run.job_id,
    provider,
    model: MODELS[provider],
    status: "completed",
    request_count: 6,
    raw: null,
    counts: { succeeded: 5, failed: 0, invalid: 1, expired: 0, cancelled: 0 },
  });
  const sum = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
  for (const { response } of run.results) {
    for (const key of ["prompt_tokens", "completion_tokens", "total_tokens"] as const)
      sum[key] += response?.usage[key] ?? 0;
  }
  expect(sum.total_tokens).toBeGreaterThan(0);
  expect(summary?.usage).toMatchObject(sum);
  const { pending = 0, in_progress = 0, completed = 0 } = summary?.times ?? {};
  expect([before, pending, in_progress, completed, after]).toEqual(
    [before, pending, in_progress, completed, after].sort((a, b) => a - b),
  );
  expect(summary?.created_at).toBe(pending);
  expect(BatchJobInfo.parse(record)).toEqual(summary);
  expect(record?.batch_count).toBe(3);
  expect(run.output).toMatchObject({ job_id: run.job_id, succeeded: true });

  // Finished batches have events in between: `events.test.ts`.
  const isOfBatch = (detail: JobEvent) => "batch" in detail;
  const details = detailsOf(run).filter((detail) => !isOfBatch(detail));
  expect(details.map(({ status }) => status)).toEqual(["in_progress", "completed"]);
  expect(details[0]).toMatchObject({ job_id: run.job_id, provider, request_count: 6 });
  const { raw, ...rest } = summary as BatchJobInfo;
  expect(details[1]).toEqual(rest);
  const logged = linesOf(readFileSync(join(world.dir, "events.jsonl"), "utf8"))
    .map((line) => JSON.parse(line) as JobEvent)
    .filter((detail) => !isOfBatch(detail));
  expect(logged.slice(-2)).toEqual(details);
});

test("a failed job says so in its record and its event", async () => {
  await world.sandbox();
  const run = await world.run(["oops"], { job: jobAt("openai") });
  expect(run.error).toContain("1 of 1 lines are not valid");
  expect(detailsOf(run).map(({ status, error }) => [status, error])).toEqual([["failed", run.record?.error]]);
  expect(run.record?.times).toMatchObject({ pending: expect.any(Number), failed: expect.any(Number) });
});

test("every batch has its record, with the provider's id and times", async () => {
  await world.sandbox();
  world.limits({ openai: { max_requests: 2 } });
  const run = await world.run(itemLines(3), { job: jobAt("openai") });
  for (const [batch, request_count] of [
    [1, 2],
    [2, 1],
  ] as const) {
    expect(await readBatch({ job_id: run.job_id, batch, round: 1 })).toMatchObject({
      job_id: run.job_id,
      provider: "openai",
      status: "completed",
      batch,
      round: 1,
      request_count,
      provider_batch_id: expect.stringMatching(/^batch_/),
      counts: { succeeded: request_count, failed: 0 },
      collected: true,
      files_deleted: true,
      times: { pending: expect.any(Number), completed: expect.any(Number) },
    });
  }
});

test("the index lists jobs newest first", async () => {
  await world.sandbox();
  const ids: string[] = [];
  for (let job = 0; job < 3; job++)
    ids.push((await world.run(itemLines(1), { job: jobAt("openai") })).job_id);
  const listed = await listJobs(3);
  expect(listed.map(({ job_id }) => job_id)).toEqual(ids.reverse());
});

test("results.jsonl: one compact JSON object a line, every line ended", async () => {
  await world.sandbox();
  const run = await world.run([...itemLines(2), "oops"], { job: jobAt("openai") });
  const text = (await readText(resultsKey(run.job_id))) ?? "";
  expect(text.endsWith("\n")).toBe(true);
  const lines = text.slice(0, -1).split("\n");
  expect(lines).toHaveLength(3);
  for (const line of lines) {
    expect(JSON.stringify(JSON.parse(line))).toBe(line);
    expect(Object.keys(JSON.parse(line))).toEqual([
      "line",
      "custom_id",
      "status",
      "response",
      "error",
      "raw",
    ]);
  }
});

test("openai: input, output and error files are deleted once the results are safe", async () => {
  const order: string[] = [];
  const sandbox = await world.sandbox({
    faults: ({ operation }) => {
      if (/^files\.(content|delete)$/.test(operation)) order.push(operation);
      return undefined;
    },
  });
  const lines = itemLines(3);
  lines.push(JSON.stringify({ custom_id: "refused", user_message: "x", extra: { temperature: 3 } }));
  await world.run(lines, { job: jobAt("openai") });
  expect(order).toEqual(["files.content", "files.content", "files.delete", "files.delete", "files.delete"]);
  const client = new OpenAI({ baseURL: sandbox.openaiBaseUrl, apiKey: "any-key" });
  expect((await client.files.list()).data).toEqual([]);
});

test("openai: a delete that fails does not cost the results", async () => {
  const sandbox = await world.sandbox({
    faults: ({ operation, count }) =>
      operation === "files.delete" && count <= 4 ? { kind: "answer", answer: { status: 500 } } : undefined,
  });
  const run = await world.run(itemLines(3), { job: jobAt("openai") });
  expect(run.error).toBeUndefined();
  expect(run.results.every(({ status }) => status === "succeeded")).toBe(true);
  expect((await sandbox.stats()).openai.requests_billed).toBe(3);
});
