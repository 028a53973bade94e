import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { jsonFile } from "../../../cli/input/json-file.ts";
import { jobSettings } from "../../../cli/job-settings.ts";
import { JobSpec } from "../../../shared/models.ts";

function file(content: string | Uint8Array): string {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-settings-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, "data.jsonl");
  writeFileSync(path, content);
  return path;
}

test("every setting of a job has a flag, and only given flags are settings", async () => {
  const flags = {
    provider: "openai",
    model: "m",
    system: "",
    endpoint: "/v1/responses",
    temperature: 0,
    maxTokens: 5,
    extra: { seed: 1 },
    maxRounds: 2,
    minPollSeconds: 3,
    maxConcurrentBatches: 4,
    deadlineHours: 0.5,
    atDeadline: "real_time",
    smallRounds: "real_time",
    maxCostUsd: 2.5,
    onInvalid: "fail",
    completionWindow: "7d",
    betas: ["files-api-2025-04-14"],
    stack: "Nightshift",
    prompt: "About {{name}}.",
    id: "sku",
    image: ["photo"],
    carry: ["name"],
    schemaRetries: 2,
    outputs: ["csv"],
    prices: { input_mtok: 1 },
  };
  const { settings } = await jobSettings(file("{}"), flags);
  // Those are objects: they stand in a first line, in a recipe or in a file.
  const settable = Object.keys(JobSpec.shape).filter(
    (name) => !["messages", "allowances", "schema"].includes(name),
  );
  expect(Object.keys(settings).sort()).toEqual(settable.sort());
  expect(JobSpec.parse(settings)).toEqual(settings);
  const few = await jobSettings(file("{}"), { provider: "openai", model: "m", sandbox: true });
  expect(few.settings).toEqual({ provider: "openai", model: "m" });
});

const HEADER = '{"job": {"provider": "anthropic", "model": "claude"}}\n';

test.each([
  ["plain", HEADER],
  ["after blank lines and a byte order mark", `\ufeff\r\n \n${HEADER}`],
  ["gzip", gzipSync(HEADER)],
])("provider and model from the first line, %s", async (_, content) => {
  const found = await jobSettings(file(content), { sandbox: true });
  expect(found).toMatchObject({ settings: {}, provider: "anthropic", model: "claude" });
});

test("a first line is stronger than a recipe, and flags are stronger than both", async () => {
  const path = file(
    `${'{"job": {"provider": "openai", "model": "gpt-4.1", "system": null}}'}\n{"custom_id": "a", "user_message": "b"}\n`,
  );
  const flags = { sandbox: true, maxRounds: 5 };
  const recipe = { model: "gpt-4o", system: "Be brief.", max_rounds: 2 };
  const found = await jobSettings(path, flags, null, recipe);
  expect(found).toMatchObject({ model: "gpt-4.1", settings: { system: "Be brief.", max_rounds: 5 } });
  expect(found.settings).not.toHaveProperty("model");
});

test.each([
  ["an item", '{"custom_id": "a", "job": {"provider": "openai", "model": "m"}}\n'],
  ["no JSON", "job,provider\n"],
])("%s gives no settings", async (_, content) => {
  await expect(jobSettings(file(content), { sandbox: true })).rejects.toThrow("no provider");
});

test("fault 2: a schema that is too deep is refused with its file", async () => {
  const path = file(`{"items":${'{"items":'.repeat(5000)}{}${"}".repeat(5001)}`);
  expect(() => jsonFile(path)).toThrow(`${path}: nested deeper than 100 levels of objects and lists`);
});
