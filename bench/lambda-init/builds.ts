/** The code of all Lambdas of a stack with OpenAI and Anthropic: of this build, and of the first week's, which had no other providers. */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { buildSync, type Metafile } from "esbuild";
import { bundleLambdas } from "../../infra/lambdas/bundle.ts";
import { SETTINGS_FILE } from "../../infra/lambdas/bundle-files.ts";
import { unusedFiles } from "../../infra/lambdas/lambda-code.ts";

/** Each Lambda of a build, by its name. */
export type Build = ReadonlyMap<string, BuiltLambda>;

interface BuiltLambda {
  /** The folder with its code. */
  folder: string;
  /** Bytes by package; a large value that is packed (`page.br`) is one by itself, and our own code is `ours`. */
  packages: ReadonlyMap<string, number>;
}

/** @param dir gets a folder for each Lambda */
export async function ourBuild(dir: string): Promise<Build> {
  const build = new Map<string, BuiltLambda>();
  for (const [name, metafile] of await bundleLambdas(dir)) {
    const folder = join(dir, name);
    for (const file of unusedFiles(folder, ["openai", "anthropic"]))
      rmSync(join(folder, file), { force: true });
    writeFileSync(join(folder, SETTINGS_FILE), "{}");
    build.set(name, { folder, packages: packagesIn(metafile, folder) });
  }
  return build;
}

/** The old build, bundled as its `infra/nightshift-function.ts` says. `sources`: its files, with `node_modules`. */
export function oldBuild(dir: string, sources: string): Build {
  const build = new Map<string, BuiltLambda>();
  for (const name of readdirSync(join(sources, "functions"))) {
    const folder = join(dir, name);
    mkdirSync(folder, { recursive: true });
    const { metafile } = buildSync({
      entryPoints: [join(sources, "functions", name, "handler.ts")],
      outfile: join(folder, "index.js"),
      bundle: true,
      format: "cjs",
      platform: "node",
      target: "node24",
      minify: true,
      metafile: true,
      logLevel: "error",
    });
    build.set(name, { folder, packages: packagesIn(metafile, folder) });
  }
  // Above it are the sources, which are ES modules.
  writeFileSync(join(dir, "package.json"), '{"type":"commonjs"}');
  return build;
}

/** Of the files that are in the folder. */
function packagesIn({ outputs }: Metafile, folder: string): Map<string, number> {
  const packages = new Map<string, number>();
  for (const [file, { inputs }] of Object.entries(outputs))
    if (existsSync(join(folder, basename(file))))
      for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
        const name = /(?:.*node_modules\/|^packed:)((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? "ours";
        packages.set(name, (packages.get(name) ?? 0) + bytesInOutput);
      }
  return packages;
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
