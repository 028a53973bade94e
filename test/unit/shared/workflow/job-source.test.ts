import { expect, test } from "vitest";
import { InvalidJobError } from "../../../../shared/errors.ts";
import { writeText } from "../../../../shared/objects/objects.ts";
import { tenantOfJob, tenantOfKey } from "../../../../shared/tenants/tenant.ts";
import { readSource } from "../../../../shared/workflow/job-source.ts";
import { startLocalData } from "../../../harness/local-data.ts";

await startLocalData();

const event = (key: string, more: Record<string, unknown> = {}) => ({
  version: "0",
  bucket: { name: "nightshift" },
  object: { key, size: 2, etag: "e1", sequencer: "s1", ...more },
  reason: "PutObject",
});
const idOf = async (input: unknown) => (await readSource(input)).job_id;

test("an event delivered twice is one job; another upload, version or object is another", async () => {
  const first = await idOf(event("inbox/a.jsonl"));
  expect(await idOf(event("inbox/a.jsonl"))).toBe(first);
  const others = await Promise.all([
    idOf(event("inbox/a.jsonl", { sequencer: "s2" })),
    idOf(event("inbox/a.jsonl", { etag: "e2" })),
    idOf(event("inbox/a.jsonl", { "version-id": "v1" })),
    idOf(event("inbox/deeper/a.jsonl")),
  ]);
  expect(new Set([first, ...others]).size).toBe(5);
});

test("a version identifies an object, however it is named", async () => {
  const triggered = await readSource(event("inbox/a.jsonl", { "version-id": "v1" }));
  expect(triggered).toMatchObject({ key: "inbox/a.jsonl", version: "v1", overrides: {} });
  expect(await idOf({ key: "inbox/a.jsonl", version_id: "v1" })).toBe(triggered.job_id);
});

test("by hand: content and settings make the job, not the order of the settings", async () => {
  await writeText("inbox/hand.jsonl", "one");
  const key = "inbox/hand.jsonl";
  const plain = await idOf({ key });
  const set = await idOf({ key, job: { model: "m", provider: "openai" } });
  expect(await idOf({ key, job: { provider: "openai", model: "m" } })).toBe(set);
  expect(await idOf({ key, job: {} })).toBe(plain);
  expect(set).not.toBe(plain);
  const paced = { model: "m", provider: "openai", min_poll_seconds: 5, max_cost_usd: 3 };
  expect(await idOf({ key, job: paced })).toBe(set);
  await writeText(key, "two");
  expect(await idOf({ key })).not.toBe(plain);
});

test("by hand: settings in an object are the same as in the input", async () => {
  await writeText("inbox/words.jsonl", "one");
  const key = "inbox/words.jsonl";
  const job = { model: "m", system: "Be brief." };
  await writeText("inbox/words.settings.json", JSON.stringify(job));
  const job_key = "inbox/words.settings.json";
  expect(await readSource({ key, job_key })).toEqual(await readSource({ key, job }));
  expect(await readSource({ key, job_key, job: { model: "n" } })).toMatchObject({
    overrides: { model: "n", system: "Be brief." },
  });
  await expect(readSource({ key, job_key: "inbox/none.json" })).rejects.toThrow(
    'there is no object inbox/none.json, which "job_key" names',
  );
  await expect(readSource({ key, job_key: key })).rejects.toThrow(/words.jsonl.*must be a JSON object/);
});

test.each([
  ["inbox/My data (final).jsonl", /^My-data-final-[0-9a-f]{12}$/],
  ["inbox/x.jsonl.gz", /^x-[0-9a-f]{12}$/],
  ["inbox/日本.jsonl", /^job-[0-9a-f]{12}$/],
  ["inbox/.jsonl", /^job-[0-9a-f]{12}$/],
  [`inbox/${"long".repeat(50)}.jsonl`, /^(long){10}-[0-9a-f]{12}$/],
  ["inbox/../../up.jsonl", /^up-[0-9a-f]{12}$/],
  ["inbox/acme/My_data.jsonl", /^acme_My-data-[0-9a-f]{12}$/],
  ["inbox/acme/2026/11/x.jsonl", /^acme_x-[0-9a-f]{12}$/],
  [`inbox/${"t".repeat(31)}/${"long".repeat(50)}.jsonl`, /^t{31}_(long){5}-[0-9a-f]{12}$/],
  ["inbox/_/0123456789ab/data", /^data-[0-9a-f]{12}$/],
  ["inbox/ACME/x.jsonl", /^x-[0-9a-f]{12}$/],
  ["inbox/acme_/x.jsonl", /^x-[0-9a-f]{12}$/],
  ["inbox/acme*/x.jsonl", /^x-[0-9a-f]{12}$/],
  [`inbox/${"t".repeat(32)}/x.jsonl`, /^x-[0-9a-f]{12}$/],
  ["inbox//x.jsonl", /^x-[0-9a-f]{12}$/],
  ["elsewhere/acme/x.jsonl", /^x-[0-9a-f]{12}$/],
  ["inbox/x_y.jsonl", /^x-y-[0-9a-f]{12}$/],
])("%s: a job id that is readable, safe in a key, and tells whose job it is", async (key, expected) => {
  const id = await idOf({ key, version_id: "v" });
  expect(id).toMatch(expected);
  expect(tenantOfJob(id)).toBe(tenantOfKey(key));
  // The names of executions.
  expect(`${id}-999999`.length).toBeLessThanOrEqual(80);
});

test("an object that is not there is reported as such", async () => {
  expect(await readSource({ key: "inbox/none.jsonl" })).toMatchObject({ object: null });
});

test.each([
  [null],
  [{}],
  ["inbox/a.jsonl"],
  [{ key: "" }],
  [{ key: "a", jobs: {} }],
  [{ key: "a", job_key: "jobs/other/job.json" }],
  [{ object: { key: "a" } }],
])("%j names no object", async (input) => {
  await expect(readSource(input)).rejects.toThrow(InvalidJobError);
});
