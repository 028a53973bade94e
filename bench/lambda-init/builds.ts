/** The code of all Lambdas of a stack with OpenAI and Anthropic: of this build, and of the first week's, which had no other providers. */
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { bundleLambdas } from "../../infra/lambdas/bundle.ts";
import { SETTINGS_FILE } from "../../infra/lambdas/bundle-files.ts";
import { unusedFiles } from "../../infra/lambdas/lambda-code.ts";

/** A folder with a folder for each Lambda. */
export async function oursIn(dir: string): Promise<string> {
  for (const name of (await bundleLambdas(dir)).keys()) {
    const folder = join(dir, name);
    for (const file of unusedFiles(folder, ["openai", "anthropic"]))
      rmSync(join(folder, file), { force: true });
    writeFileSync(join(folder, SETTINGS_FILE), "{}");
  }
  return dir;
}

/** The old build's, bundled as its `infra/nightshift-function.ts` says. `sources`: its files, with `node_modules`. */
export function oldIn(dir: string, sources: string): string {
  for (const name of readdirSync(join(sources, "functions"))) {
    mkdirSync(join(dir, name), { recursive: true });
    buildSync({
      entryPoints: [join(sources, "functions", name, "handler.ts")],
      outfile: join(dir, name, "index.js"),
      bundle: true,
      format: "cjs",
      platform: "node",
      target: "node24",
      minify: true,
      logLevel: "error",
    });
  }
  // Above it are the sources, which are ES modules.
  writeFileSync(join(dir, "package.json"), '{"type":"commonjs"}');
  return dir;
}

/** A Lambda that does nothing. */
export function emptyIn(folder: string): string {
  mkdirSync(folder);
  writeFileSync(join(folder, "index.mjs"), "export const handler = async () => {};");
  return folder;
}

/** Bytes of a Lambda's code. */
export function bytesOf(folder: string): number {
  return readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}
