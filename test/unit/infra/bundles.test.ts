import { join } from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { LAMBDAS } from "../../../infra/lambda-table.ts";

const ROOT = join(import.meta.dirname, "../../..");

test.each(Object.entries(LAMBDAS))("%s carries a provider's SDK only if it calls one", async (name, spec) => {
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
  expect(has("node_modules/openai/")).toBe(spec.callsProvider);
  expect(has("node_modules/@anthropic-ai/sdk/")).toBe(spec.callsProvider);
  expect(has("node_modules/aws-cdk-lib/")).toBe(false);
});
