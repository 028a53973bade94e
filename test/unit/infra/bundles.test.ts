import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { LAMBDAS } from "../../../infra/lambdas/lambda-table.ts";

/** Lambdas that know what tokens cost. */
const NEED_PRICES = new Set(["prepare-job", "collect-results"]);
const ROOT = join(import.meta.dirname, "../../..");

const CALLS_NONE = { callsProvider: false, readsTenants: false };
const ALL = { ...LAMBDAS, "send-webhook": CALLS_NONE, "receive-webhook": CALLS_NONE };
test.each(Object.entries(ALL))("%s carries a provider's SDK only if it needs one", async (name, spec) => {
  const { metafile } = await build({
    entryPoints: [join(ROOT, `functions/${name}/handler.ts`)],
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    logLevel: "silent",
  });
  const inputs = Object.keys(metafile.inputs);
  const has = (path: string) => inputs.some((input) => input.includes(path));
  // OpenAI's webhooks are verified by its SDK.
  expect(has("node_modules/openai/")).toBe(spec.callsProvider || name === "receive-webhook");
  expect(has("node_modules/@anthropic-ai/sdk/")).toBe(spec.callsProvider);
  expect(has("node_modules/aws-cdk-lib/")).toBe(false);
  expect(has("node_modules/@aws-sdk/client-ssm/")).toBe(spec.readsTenants ?? false);
  // The price list is half a megabyte.
  expect(has("node_modules/@pydantic/genai-prices/")).toBe(NEED_PRICES.has(name));
});

test("errors keep the names that Step Functions matches, in a bundle as small as the deployed one", async () => {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-bundle-"));
  try {
    const outfile = join(dir, "index.js");
    const entry = join(ROOT, "functions/prepare-job/handler.ts");
    await build({
      entryPoints: [entry],
      bundle: true,
      minify: true,
      platform: "node",
      format: "cjs",
      outfile,
    });
    const script = `require(${JSON.stringify(outfile)}).handler({execution: "e", input: {}}).catch((e) => console.log(e.name))`;
    const { stdout } = await promisify(execFile)(process.execPath, ["-e", script], {
      env: { JOB_DEFAULTS: "{}", RUN_SECONDS: "600" },
    });
    expect(stdout).toBe("InvalidJobError\n");
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
