/** What jobs put on the bus is what `docs/events.md` and the schema say, and nothing else. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { strike } from "../../local/sandbox/faults.ts";
import { EVENT } from "../../shared/names.ts";
import { JobEvent } from "../../shared/payload.ts";
import { requestCancel } from "../../shared/records/job-record.ts";
import { readSource } from "../../shared/workflow/job-source.ts";
import { itemLines, type JobRun, jobAt, PROVIDERS, startWorld, upload } from "../harness/harness.ts";

const world = await startWorld();
const page = readFileSync(join(import.meta.dirname, "../../docs/events.md"), "utf8");
const documented = [...page.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)]
  .flatMap(([, names = ""]) => names.split(", "))
  .map((name) => name.replaceAll("`", ""));
/** The schema, by which a field that it does not have is an error. */
const Exactly = z.strictObject(JobEvent.shape);

/** The details of a run's events; each must be what is written. */
function detailsOf({ events }: JobRun): JobEvent[] {
  return events.flatMap((event) => {
    if (event.type !== "event") return [];
    expect(documented).toEqual(expect.arrayContaining(Object.keys(event.detail as object)));
    return [Exactly.parse(event.detail)];
  });
}

test("the page tells of every field of the schema, and its example is one", () => {
  expect([...documented].sort()).toEqual(Object.keys(JobEvent.shape).sort());
  const example = JSON.parse(/```json\n([^`]*)```/.exec(page)?.[1] ?? "");
  expect(example).toMatchObject({ source: EVENT.source, "detail-type": EVENT.detailType });
  expect(Object.keys(Exactly.parse(example.detail)).sort()).toEqual(
    documented.filter((name) => name !== "error" && name !== "progress").sort(),
  );
});

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

test.for(PROVIDERS)("%s: a job of eight batches tells each quarter once, in order", async (provider) => {
  await world.sandbox();
  world.limits({ [provider]: { max_requests: 1 } });
  const run = await world.run(itemLines(8), { job: jobAt(provider, { max_concurrent_batches: 3 }) });
  const told = detailsOf(run);
  expect(told.map(({ status, progress }) => progress ?? status)).toEqual([
    "in_progress",
    ...[25, 50, 75].map((percent) => ({ percent, batches_done: (8 * percent) / 100, batches: 8 })),
    "completed",
  ]);
  for (const { progress, status, counts } of told)
    if (progress) expect({ status, counts }).toEqual({ status: "in_progress", counts: undefined });
});

test("a batch that fails for good is done, too; started again, no quarter is told anew", async () => {
  const refused = { kind: "answer", answer: { status: 401, body: { error: { message: "no" } } } } as const;
  await world.sandbox({ faults: strike({ operation: "batches.create", counts: [1] }, refused) });
  world.limits({ openai: { max_requests: 1 } });
  const job = jobAt("openai", { max_concurrent_batches: 1 });
  const run = await world.run(itemLines(2), { job });
  const statuses = (of: JobRun) => detailsOf(of).map(({ status, progress }) => progress?.percent ?? status);
  expect(statuses(run)).toEqual(["in_progress", 50, "failed"]);
  const again = await world.runAgain(run.key, { job });
  expect(statuses(again)).toEqual(["in_progress", "completed"]);
  expect(detailsOf(again)[0]).not.toHaveProperty("counts");
});
