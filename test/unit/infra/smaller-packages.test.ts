import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { calcPrice, findProvider } from "@pydantic/genai-prices";
import { build } from "esbuild";
import { afterAll, expect, test } from "vitest";
import { BUNDLE } from "../../../infra/lambdas/bundle.ts";
import { addTable, smallerPackages } from "../../../infra/lambdas/smaller-packages.ts";
import { countTokens } from "../../../shared/money/tokenizer.ts";
import { ROOT } from "../../../shared/package-root.ts";
import { PROFILES } from "../../../shared/providers/list.ts";

const dir = mkdtempSync(join(tmpdir(), "nightshift-smaller-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A package as a bundle has it. */
async function bundled(name: string): Promise<Record<string, unknown>> {
  const contents = `export * from ${JSON.stringify(name)};`;
  const stdin = { contents, resolveDir: import.meta.dirname };
  const { metafile } = await build({ ...BUNDLE, stdin, outdir: dir, alias: smallerPackages() });
  addTable(dir, metafile);
  return import(`${join(dir, "stdin.js")}?${encodeURIComponent(name)}`);
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
test("an app that imports the construct does not load the tokenizer's table", async () => {
  const { metafile } = await build({
    ...BUNDLE,
    entryPoints: [join(ROOT, "infra/nightshift.ts")],
    external: ["aws-cdk-lib", "constructs"],
    alias: smallerPackages(),
    outdir: dir,
    write: false,
  });
  const inputs = Object.keys(metafile.inputs);
  expect(inputs).toContain("infra/lambdas/bundle.ts");
  expect(inputs.filter((file) => /gpt-tokenizer|tokenizer-table/.test(file))).toEqual([]);
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
