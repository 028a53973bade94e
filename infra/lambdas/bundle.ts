/** Bundles the Lambdas: for `npm run build`, and as a program of its own at each synth of a clone. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type BuildOptions, build, type Metafile } from "esbuild";
import { ROOT } from "../../shared/package-root.ts";
import { PROTOCOLS_FILE, SETTINGS_FILE } from "./bundle-files.ts";
import { V8_FLAGS } from "./node-options.ts";
import { smallerPackages, UNUSED_IN_LAMBDA } from "./smaller-packages.ts";

/** Options of every bundle: the Lambdas' and the package's. What is imported when it is needed is a file of its own. */
export const BUNDLE = {
  bundle: true,
  splitting: true,
  minify: true,
  format: "esm",
  platform: "node",
  // What is written as ES modules is cut to what is used.
  mainFields: ["module", "main"],
  // Else every letter beyond ASCII takes six bytes: the tokenizer has many.
  charset: "utf8",
  // Code that was CommonJS requires Node's own modules.
  banner: {
    js: `import { createRequire as requireAt } from "node:module"; const require = requireAt(import.meta.url);`,
  },
  metafile: true,
} as const satisfies BuildOptions;

/** Code that is run as a Lambda starts. */
export const SET_FLAGS = `require("node:v8").setFlagsFromString("${V8_FLAGS}");`;
const START = `Object.assign(process.env, require("./${SETTINGS_FILE}"));${SET_FLAGS}`;

/**
 * Bundles every folder of `functions/` into `outdir`, as `<name>/index.mjs`. The SDK is bundled: its version is pinned, and
 * emulators have none in their runtime.
 * @returns by Lambda, what is in its files
 */
export async function bundleLambdas(outdir: string): Promise<Map<string, Metafile>> {
  const plugins = [smallerPackages()];
  const made = readdirSync(join(ROOT, "functions")).map(async (name): Promise<[string, Metafile]> => {
    const { metafile } = await build({
      ...BUNDLE,
      plugins,
      alias: UNUSED_IN_LAMBDA,
      absWorkingDir: ROOT,
      entryPoints: [{ in: join(ROOT, "functions", name, "handler.ts"), out: "index" }],
      outdir: join(outdir, name),
      outExtension: { ".js": ".mjs" },
      target: "node24",
      logLevel: "error",
    });
    const index = join(outdir, name, "index.mjs");
    writeFileSync(index, `${readFileSync(index, "utf8")}${START}\n`);
    writeFileSync(join(outdir, name, PROTOCOLS_FILE), JSON.stringify(protocolsIn(metafile)));
    return [name, metafile];
  });
  return new Map(await Promise.all(made));
}

/** Pairs of a protocol (`openai`) and a file that only it, or it and others, need. */
function protocolsIn({ outputs }: Metafile): [string, string][] {
  const entries = Object.entries(outputs).flatMap(([file, { entryPoint = "" }]) => {
    const protocol = /shared\/providers\/([^/]+)\/provider\.ts$/.exec(entryPoint)?.[1];
    return protocol === undefined ? [] : [{ protocol, file }];
  });
  const ends = new Set(entries.map(({ file }) => file));
  const index = Object.keys(outputs).filter((file) => basename(file) === "index.mjs");
  const always = reached(outputs, index, ends);
  return entries.flatMap(({ protocol, file }) =>
    [...reached(outputs, [file], always)].map((one): [string, string] => [protocol, basename(one)]),
  );
}

/** The files that some files import, themselves included; what is in `without` is not followed. */
function reached(
  outputs: Metafile["outputs"],
  from: readonly string[],
  without: ReadonlySet<string>,
): Set<string> {
  const found = new Set<string>();
  const left = [...from];
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (found.has(file) || without.has(file)) continue;
    found.add(file);
    left.push(...(outputs[file]?.imports ?? []).flatMap(({ path, external }) => (external ? [] : [path])));
  }
  return found;
}

if (import.meta.main) await bundleLambdas(process.argv[2] ?? "");
