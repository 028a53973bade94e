import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { bundleLambdas } from "../../../infra/lambdas/bundle.ts";
import { PROTOCOLS_FILE, SETTINGS_FILE } from "../../../infra/lambdas/bundle-files.ts";
import { unusedFiles } from "../../../infra/lambdas/lambda-code.ts";
import { LAMBDAS } from "../../../infra/lambdas/lambda-table.ts";
import { licensesOf } from "../../../infra/programs/licenses.ts";
import { ProviderName } from "../../../shared/models.ts";
import { PROFILES } from "../../../shared/providers/list.ts";

/** Lambdas that know what tokens cost. */
const NEED_PRICES = new Set(["prepare-job", "collect-results", "finalize-job", "answer-now"]);

const dir = mkdtempSync(join(tmpdir(), "nightshift-bundles-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const bundles = await bundleLambdas(dir);

const CALLS_NONE = { callsProvider: false, readsTenants: false };
const ALL = {
  ...LAMBDAS,
  "send-webhook": CALLS_NONE,
  "receive-webhook": CALLS_NONE,
  "receive-bedrock-event": CALLS_NONE,
};

/** The code of a bundle, by file. */
const texts = (name: string) =>
  readdirSync(join(dir, name)).map((file) => readFileSync(join(dir, name, file), "utf8"));

test("every folder of functions/ is a Lambda of the stack", () => {
  expect([...bundles.keys()].sort()).toEqual(Object.keys(ALL).sort());
});

// Only the command's bundle was looked at, and the receiver of webhooks has packages of its own.
test("the package has the license of all that a Lambda's bundle holds", () => {
  const texts = licensesOf([...bundles.values()]);
  for (const name of [
    "standardwebhooks",
    "fast-sha256",
    "@smithy/core",
    "hysnappy",
    "@pydantic/genai-prices",
  ])
    expect(texts).toMatch(new RegExp(`^${name} \\d`, "m"));
});

test.each(Object.entries(ALL))("%s carries what it needs", (name, spec) => {
  const outputs = Object.values(bundles.get(name)?.outputs ?? {});
  const has = (path: string, of = outputs) =>
    of.some(({ inputs }) => Object.keys(inputs).some((input) => input.includes(path)));
  expect(has("node_modules/openai/")).toBe(false);
  expect(has("shared/providers/anthropic/provider.ts")).toBe(spec.callsProvider);
  expect(has("node_modules/aws-cdk-lib/")).toBe(false);
  expect(has("node_modules/@aws-sdk/client-ssm/")).toBe(spec.readsTenants ?? false);
  expect(has("node_modules/@pydantic/genai-prices/")).toBe(NEED_PRICES.has(name));
  // Credentials are in a Lambda's environment, and it is no browser.
  expect(has("node_modules/@aws-sdk/credential-provider-ini/")).toBe(false);
  expect(has("node_modules/bowser/")).toBe(false);
  expect(has("/event-streams/")).toBe(false);
  // Of the SDK's schemas, those of the commands that are sent.
  expect(texts(name).filter((text) => text.includes("GetBucketAcl"))).toEqual([]);
  // `import * as z from "zod"`: a named `z` carries all of zod's languages.
  expect(has("node_modules/zod/v4/locales/de.js")).toBe(false);
  // What a start reads: the code of a provider comes when a job of it does.
  const index = outputs.filter(({ entryPoint }) => entryPoint?.endsWith(`/${name}/handler.ts`));
  expect(index).toHaveLength(1);
  expect(has("shared/providers/anthropic/provider.ts", index)).toBe(false);
  // Only a job with tables tells what each row cost.
  if (name === "finalize-job") expect(has("node_modules/@pydantic/genai-prices/", index)).toBe(false);
});

test("errors keep the names that Step Functions matches, in the bundle that is deployed", async () => {
  const folder = join(dir, "prepare-job");
  writeFileSync(join(folder, SETTINGS_FILE), JSON.stringify({ JOB_DEFAULTS: "{}" }));
  const script = `import(${JSON.stringify(join(folder, "index.mjs"))})
    .then(({ handler }) => handler({ execution: "e", input: {} }))
    .catch((error) => console.log(error.name));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", script], {
    env: { RUN_SECONDS: "600", POWERTOOLS_LOG_LEVEL: "SILENT" },
  });
  expect(stdout).toBe("InvalidJobError\n");
});

test.each(ProviderName.options)(
  "a stack with %s alone carries what it needs, and no other's code",
  async (provider) => {
    const { protocol } = PROFILES[provider];
    const folder = join(dir, "submit-batch");
    const left = unusedFiles(folder, [provider]);
    const files: [string, string][] = JSON.parse(readFileSync(join(folder, PROTOCOLS_FILE), "utf8"));
    const entry = files.find(([name]) => name === protocol)?.[1] ?? "";
    const copy = mkdtempSync(join(tmpdir(), "nightshift-one-"));
    onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
    cpSync(folder, copy, { recursive: true, filter: (file) => !left.includes(basename(file)) });
    // All that the provider's code imports is there.
    const script = `import(${JSON.stringify(join(copy, entry))}).then((made) => console.log(Object.keys(made).join()));`;
    const { stdout } = await promisify(execFile)(process.execPath, ["-e", script]);
    expect(stdout).toMatch(/Provider\n$/);
    const kept = Object.entries(bundles.get("submit-batch")?.outputs ?? {}).filter(
      ([file]) => !left.includes(basename(file)),
    );
    const has = (path: string) =>
      kept.some(([, { inputs }]) => Object.keys(inputs).some((input) => input.includes(path)));
    // Mistral has OpenAI's files.
    expect(has("openai/calls.ts")).toBe(protocol === "openai" || protocol === "mistral");
    expect(has("anthropic/provider.ts")).toBe(protocol.startsWith("anthropic"));
    expect(has("node_modules/@aws-sdk/client-bedrock/")).toBe(protocol === "bedrock");
    expect(has("wire/aws-signer.ts")).toBe(PROFILES[provider].variables.key === null);
  },
);

test("what is loaded when it is needed has its names, in the bundle that is deployed: a recipe's YAML", async () => {
  const folder = join(dir, "prepare-job");
  const chunks = Object.entries(bundles.get("prepare-job")?.outputs ?? {});
  const yaml = chunks.find(([, { entryPoint }]) => entryPoint?.endsWith("shared/yaml.ts"))?.[0] ?? "";
  const script = `import(${JSON.stringify(join(folder, basename(yaml)))}).then(({ parse }) => console.log(parse("a: 1").a));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["-e", script]);
  expect(stdout).toBe("1\n");
});
