import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { bundleLambdas, SETTINGS_FILE } from "../../../infra/lambdas/bundle.ts";
import { LAMBDAS } from "../../../infra/lambdas/lambda-table.ts";

/** Lambdas that know what tokens cost. */
const NEED_PRICES = new Set(["prepare-job", "collect-results", "finalize-job", "answer-now"]);

const dir = mkdtempSync(join(tmpdir(), "nightshift-bundles-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const bundles = bundleLambdas(dir);

const CALLS_NONE = { callsProvider: false, readsTenants: false };
const ALL = {
  ...LAMBDAS,
  "send-webhook": CALLS_NONE,
  "receive-webhook": CALLS_NONE,
  "receive-bedrock-event": CALLS_NONE,
};

test("every folder of functions/ is a Lambda of the stack", () => {
  expect([...bundles.keys()].sort()).toEqual(Object.keys(ALL).sort());
});

test.each(Object.entries(ALL))("%s carries a provider's SDK only if it needs one", (name, spec) => {
  const outputs = Object.values(bundles.get(name)?.outputs ?? {});
  const has = (path: string, of = outputs) =>
    of.some(({ inputs }) => Object.keys(inputs).some((input) => input.includes(path)));
  // OpenAI's webhooks are verified by its SDK.
  expect(has("node_modules/openai/")).toBe(spec.callsProvider || name === "receive-webhook");
  expect(has("node_modules/@anthropic-ai/sdk/")).toBe(spec.callsProvider);
  expect(has("node_modules/aws-cdk-lib/")).toBe(false);
  expect(has("node_modules/@aws-sdk/client-ssm/")).toBe(spec.readsTenants ?? false);
  // The price list is half a megabyte.
  expect(has("node_modules/@pydantic/genai-prices/")).toBe(NEED_PRICES.has(name));
  // What a start reads: the SDK of a provider comes when a job of it does.
  const index = outputs.filter(({ entryPoint }) => entryPoint?.endsWith(`/${name}/handler.ts`));
  expect(index).toHaveLength(1);
  expect(has("node_modules/@anthropic-ai/sdk/", index)).toBe(false);
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
