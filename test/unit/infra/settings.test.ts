import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { expect, onTestFinished, test } from "vitest";
import cdkJson from "../../../cdk.json" with { type: "json" };
import { NightshiftStack } from "../../../infra/nightshift-stack.ts";
import { ENV } from "../../../shared/names.ts";
import { lambda, only, synthesize } from "./stack.ts";

const ROOT = join(import.meta.dirname, "../../..");

test("context reaches the Lambdas", () => {
  const { stack, template } = synthesize({
    openaiBaseUrl: "http://127.0.0.1:9/v1",
    anthropicBaseUrl: "https://proxy.example",
    jobDefaults: '{"max_rounds": 2}',
    providerLimits: { openai: { max_requests: 5 } },
    modelPrices: { openai: { mine: { input_mtok: 1 } } },
  });
  expect(lambda(template, "submit-batch").Environment.Variables).toMatchObject({
    OPENAI_BASE_URL: "http://127.0.0.1:9/v1",
    ANTHROPIC_BASE_URL: "https://proxy.example",
  });
  const { settings } = stack.nightshift.lambdas.functions["prepare-job"];
  const given = (name: string) => JSON.parse(settings[name] ?? "");
  expect(given(ENV.jobDefaults)).toEqual({ max_rounds: 2, deadline_hours: 28 * 24 });
  expect(given(ENV.providerLimits)).toEqual({ openai: { max_requests: 5 } });
  expect(given(ENV.modelPrices)).toEqual({ openai: { mine: { input_mtok: 1 } } });
});

test("settings of any length reach a Lambda as it starts, past the 4 KB of its environment", async () => {
  const prices = Array.from({ length: 400 }, (_, i) => [
    `ft:gpt-4.1-mini:acme:${i}:x`,
    { input_mtok: 0.8, output_mtok: 3.2 },
  ]);
  const modelPrices = { openai: Object.fromEntries(prices) };
  const outdir = mkdtempSync(join(tmpdir(), "nightshift-settings-"));
  onTestFinished(() => rmSync(outdir, { recursive: true, force: true }));
  const app = new App({ outdir, context: { modelPrices } });
  const template = Template.fromStack(new NightshiftStack(app, "Nightshift"));
  expect(JSON.stringify(lambda(template, "prepare-job").Environment).length).toBeLessThan(4096);
  const key = lambda(template, "prepare-job").Code.S3Key.replace(/\.zip$/, "");
  const script = `import(process.argv[1] + "/index.mjs").then(() => console.log(process.env.${ENV.modelPrices}))`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["-e", script, join(outdir, `asset.${key}`)],
    { env: {} },
  );
  expect(JSON.parse(stdout)).toEqual(modelPrices);
  // It bundles all Lambdas.
}, 300_000);

test("without context the providers' own addresses hold", () => {
  const { Variables } = lambda(synthesize().template, "submit-batch").Environment;
  expect(Variables).not.toHaveProperty("OPENAI_BASE_URL");
  expect(Variables).not.toHaveProperty("ANTHROPIC_BASE_URL");
});

test("removal=destroy takes the data along, for stacks that tests make", () => {
  const { template } = synthesize({ removal: "destroy" });
  expect(only(template, "AWS::S3::Bucket").DeletionPolicy).toBe("Delete");
  expect(only(template, "AWS::DynamoDB::Table").DeletionPolicy).toBe("Delete");
});

test.each([
  ["removal", "delete"],
  ["openaiBaseUrl", "not a url"],
  ["anthropicBaseUrl", "ftp://example.com"],
  ["jobDefaults", "{not json"],
  ["jobDefaults", "[1]"],
  ["providerLimits", "7"],
  ["modelPrices", "[]"],
  ["notifyEmail", "me@example.com, you"],
  ["notifyUrl", "example.com"],
])("context %s=%s is refused by name", (key, value) => {
  expect(() => synthesize({ [key]: value })).toThrow(`context ${key}: expected`);
});

test("cdk.json has a value for every feature flag that CDK asks about", () => {
  const flags = readFileSync(join(ROOT, "node_modules/aws-cdk-lib/cx-api/FEATURE_FLAGS.md"), "utf8");
  const [, recommended = "{}"] = /<!-- BEGIN json -->\s*```json\n([^`]*)```/.exec(flags) ?? [];
  const asked = Object.keys(JSON.parse(recommended).context);
  expect(asked.length).toBeGreaterThan(80);
  expect(Object.keys(cdkJson.context)).toEqual(expect.arrayContaining(asked));
});
