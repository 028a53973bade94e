/** What jobs put on the bus is what `docs/events.md` and the schema say, and nothing else. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { strike } from "../../local/sandbox/faults.ts";
import { EVENT } from "../../shared/names.ts";
import { readText } from "../../shared/objects/objects.ts";
import { BatchEvent, JobEvent } from "../../shared/payload.ts";
import { requestCancel } from "../../shared/records/job-record.ts";
import { readSource } from "../../shared/workflow/job-source.ts";
import { itemLines, type JobRun, jobAt, PROVIDERS, startWorld, upload } from "../harness/harness.ts";

const world = await startWorld();
const page = readFileSync(join(import.meta.dirname, "../../docs/events.md"), "utf8");

/** The fields that a section's table names. */
function documented(section: string): string[] {
  return [...section.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)]
    .flatMap(([, names = ""]) => names.split(", "))
    .map((name) => name.replaceAll("`", ""));
}
const [ofJobs = "", ofBatches = ""] = page.split("## Events of batches");
/** The schemas, by which a field that they do not have is an error. */
const OfJob = z.strictObject(JobEvent.shape);
const OfBatch = z.strictObject(BatchEvent.shape);

/** The details of a run's events; each must be what is written. */
function eventsOf({ events }: JobRun): (JobEvent | BatchEvent)[] {
  return events.flatMap((event) => {
    if (event.type !== "event") return [];
    const schema: z.ZodType<JobEvent | BatchEvent> = "batch" in (event.detail as object) ? OfBatch : OfJob;
    return [schema.parse(event.detail)];
  });
}
const isOfBatch = (event: JobEvent | BatchEvent): event is BatchEvent => "batch" in event;
const detailsOf = (run: JobRun): JobEvent[] =>
  eventsOf(run).flatMap((event) => (isOfBatch(event) ? [] : [event]));
const batchesOf = (run: JobRun): BatchEvent[] => eventsOf(run).filter(isOfBatch);

test.each([
  ["job", ofJobs, OfJob, EVENT.detailType],
  ["batch", ofBatches, OfBatch, EVENT.batchDetailType],
] as const)(
  "the page has every field of a %s's event, and its example is one",
  (_, section, schema, type) => {
    const fields = documented(section.split("\n## ")[0] ?? "");
    expect(fields.sort()).toEqual(Object.keys(schema.shape).sort());
    const example = JSON.parse(/```json\n([^`]*)```/.exec(section)?.[1] ?? "");
    expect(example).toMatchObject({ source: EVENT.source, "detail-type": type });
    const all = Object.keys(schema.parse(example.detail)).sort();
    expect(all).toEqual(fields.filter((name) => name !== "error"));
  },
);

test.for(PROVIDERS)("%s: a job that completes", async (provider) => {
  await world.sandbox();
  const run = await world.run([...itemLines(3), "oops"], { job: jobAt(provider) });
  const [begun, ended, ...others] = detailsOf(run);
  expect(others).toEqual([]);
  expect(begun).toMatchObject({ status: "in_progress", provider, request_count: 4 });
  expect(begun).not.toHaveProperty("counts");
  expect(ended).toMatchObject({
    status: "completed",
    counts: { succeeded: 3, invalid: 1 },
    receipt: { cost_usd: expect.any(Number) },
  });
});

test("a job that fails before it begins, and one that its deadline ends", async () => {
  await world.sandbox();
  const refused = detailsOf(await world.run(["oops"], { job: jobAt("openai") }));
  expect(refused).toMatchObject([{ status: "failed", error: expect.stringContaining("not valid") }]);
  const late = await world.run(itemLines(2), { job: jobAt("openai", { deadline_hours: 1e-9 }) });
  expect(detailsOf(late).map(({ status }) => status)).toEqual(["in_progress", "expired"]);
});

test("a job that is cancelled", async () => {
  const job = jobAt("anthropic");
  const key = await upload(itemLines(2));
  const { job_id } = await readSource({ key, job });
  await world.sandbox({
    faults: ({ operation }) => {
      if (operation === "batches.create") void requestCancel(job_id);
      return undefined;
    },
  });
  const run = await world.runAgain(key, { job });
  expect(detailsOf(run).map(({ status }) => status)).toEqual(["in_progress", "cancelled"]);
});

test.for(PROVIDERS)("%s: each batch that is finished says where its rows are", async (provider) => {
  await world.sandbox();
  world.limits({ [provider]: { max_requests: 2 } });
  const run = await world.run(itemLines(5), { job: jobAt(provider) });
  const finished = batchesOf(run).sort((a, b) => a.batch - b.batch);
  expect(finished).toMatchObject(
    [2, 2, 1].map((succeeded, at) => {
      const told = { job_id: run.job_id, batch: at + 1, batches: 3, provider, status: "completed" };
      return { ...told, counts: { succeeded, failed: 0 } };
    }),
  );
  const rows = await Promise.all(finished.map((event) => readText(event.rows?.key ?? "")));
  expect(rows.map((text) => Buffer.byteLength(text ?? ""))).toEqual(finished.map(({ rows }) => rows?.bytes));
  expect(rows.join("")).toBe(run.results.map((result) => `${JSON.stringify(result)}\n`).join(""));
});

test("a batch that fails for good is finished, too, without rows; started again, each has its event again", async () => {
  const refused = { kind: "answer", answer: { status: 401, body: { error: { message: "no" } } } } as const;
  await world.sandbox({ faults: strike({ operation: "batches.create", counts: [1] }, refused) });
  world.limits({ openai: { max_requests: 1 } });
  const job = jobAt("openai", { max_concurrent_batches: 1 });
  const run = await world.run(itemLines(2), { job });
  const told = (of: JobRun) =>
    eventsOf(of).map((event) => (isOfBatch(event) ? [event.batch, event.rows !== null] : event.status));
  expect(told(run)).toEqual(["in_progress", [1, false], [2, true], "failed"]);
  const again = await world.runAgain(run.key, { job });
  expect(told(again)).toEqual(["in_progress", [1, true], [2, true], "completed"]);
  expect(detailsOf(again)[0]).not.toHaveProperty("counts");
});
