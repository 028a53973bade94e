import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { SFNClient as Client } from "@aws-sdk/client-sfn";
import { calcPrice, findProvider } from "@pydantic/genai-prices";
import { type BuildOptions, build } from "esbuild";
import { afterAll, expect, test, vi } from "vitest";
import { BUNDLE } from "../../../infra/lambdas/bundle.ts";
import { smallerPackages, UNUSED_IN_LAMBDA } from "../../../infra/lambdas/smaller-packages.ts";
import { countTokens } from "../../../shared/money/tokenizer.ts";
import { ROOT } from "../../../shared/package-root.ts";
import { PROFILES } from "../../../shared/providers/list.ts";
import { PAGE } from "../../../shared/report/page.generated.ts";

const dir = mkdtempSync(join(tmpdir(), "nightshift-smaller-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let made = 0;

/** A package as a bundle has it. */
async function bundled(name: string, options: BuildOptions = {}): Promise<Record<string, unknown>> {
  const contents = `export * from ${JSON.stringify(name)};`;
  const stdin = { contents, resolveDir: import.meta.dirname };
  await build({ ...BUNDLE, ...options, stdin, outdir: dir, plugins: [smallerPackages()] });
  return import(`${join(dir, "stdin.js")}?${made++}`);
}

test("a bundle's prices are the list's, for each model that a provider of ours has, and for what it borrows of others", async () => {
  const cut = (await bundled("@pydantic/genai-prices")) as { calcPrice: typeof calcPrice };
  const usage = { input_tokens: 300_000, output_tokens: 1000 };
  let priced = 0;
  for (const { price } of Object.values(PROFILES)) {
    const providerId = price.list ?? "openai";
    const lists = [providerId, "openai", "anthropic", "deepseek"];
    const models = lists.flatMap((id) => findProvider({ providerId: id })?.models ?? []);
    for (const { id } of models) {
      const whole = calcPrice(usage, id, { providerId });
      expect(cut.calcPrice(usage, id, { providerId })?.model_price, id).toEqual(whole?.model_price);
      if (whole) priced++;
    }
  }
  expect(priced).toBeGreaterThan(500);
});

// It read and unpacked the tokenizer's 2 MB in every app, at each synth.
test("an app that imports the construct loads nothing that bundles", async () => {
  const { metafile } = await build({
    ...BUNDLE,
    entryPoints: [join(ROOT, "infra/nightshift.ts")],
    external: ["aws-cdk-lib", "constructs"],
    plugins: [smallerPackages()],
    outdir: dir,
    write: false,
  });
  const inputs = Object.keys(metafile.inputs);
  expect(inputs).toContain("infra/lambdas/lambda-code.ts");
  expect(inputs.filter((file) => /gpt-tokenizer|lambdas\/bundle\.ts/.test(file))).toEqual([]);
});

/** How a client that was bundled so comes by its credentials. */
async function credentialsOf(options: BuildOptions, environment: Record<string, string>) {
  const { SFNClient } = (await bundled("@aws-sdk/client-sfn", options)) as { SFNClient: typeof Client };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  return new SFNClient({ region: "eu-central-1" }).config.credentials();
}

test("a Lambda's clients have the credentials of its environment", async () => {
  const found = await credentialsOf(
    { alias: UNUSED_IN_LAMBDA },
    { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "key", AWS_SESSION_TOKEN: "token" },
  );
  expect(found).toMatchObject({ accessKeyId: "id", secretAccessKey: "key", sessionToken: "token" });
});

test("the command's clients still have those of a profile", async () => {
  const config = join(dir, "config");
  const program = JSON.stringify({ Version: 1, AccessKeyId: "of a program", SecretAccessKey: "key" });
  writeFileSync(config, `[profile night]\ncredential_process = echo '${program}'\n`);
  const found = await credentialsOf({}, { AWS_CONFIG_FILE: config, AWS_PROFILE: "night" });
  expect(found).toMatchObject({ accessKeyId: "of a program" });
});

test("a name that the SDK imports and a replacement lacks is an error of the build", async () => {
  const alias = { "@smithy/core/event-streams": UNUSED_IN_LAMBDA.bowser };
  await expect(bundled("@aws-sdk/client-s3", { alias, logLevel: "silent" })).rejects.toThrow(
    'No matching export in "infra/lambdas/in-place/browser.ts"',
  );
});

test("a bundle's report has the page as it is", async () => {
  const packed = (await bundled("../../../shared/report/page.generated.ts")) as { PAGE: string };
  expect(packed.PAGE).toBe(PAGE);
});

// In Node itself: the tests' own way of loading files cannot.
test("a clone may be in a folder whose name means something in an address", async () => {
  const folder = join(dir, "a #1 100%25", "report");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "page.generated.ts");
  writeFileSync(file, 'export const PAGE = "here";');
  const out = join(dir, "of-address.mjs");
  const script = `import { build } from "esbuild";
    import { BUNDLE } from "./infra/lambdas/bundle.ts";
    import { smallerPackages } from "./infra/lambdas/smaller-packages.ts";
    const [entry, outfile] = ${JSON.stringify([file, out])};
    await build({ ...BUNDLE, splitting: false, entryPoints: [entry], outfile, plugins: [smallerPackages()] });
    console.log((await import(outfile)).PAGE);`;
  const args = ["--input-type=module", "-e", script];
  expect((await promisify(execFile)(process.execPath, args, { cwd: ROOT })).stdout).toBe("here\n");
});

test("a bundle's tokenizer counts as the package does", async () => {
  const packed = (await bundled("../../../shared/money/tokenizer.ts")) as { countTokens: typeof countTokens };
  const texts = [
    "hello world",
    "Grüße 你好 😀🎉",
    "\uD800 broken",
    "𓂀".repeat(50),
    "constructor <|endoftext",
  ];
  for (const text of texts) expect(packed.countTokens(text)).toBe(countTokens(text));
});
