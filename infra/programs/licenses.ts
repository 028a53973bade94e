/** The licenses of what bundles hold: MIT, Apache and others ask for their text in every copy. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { ROOT } from "../../shared/package-root.ts";

/** Up to a package's name, of the innermost `node_modules`. */
const FOLDER = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
const TEXTS = "{LICENSE,LICENCE,COPYING,NOTICE,license}*";

/** Each text once, below the packages that have it. `bundles`: of paths from the project's root. */
export function licensesOf(bundles: readonly Metafile[]): string {
  const paths = bundles.flatMap(({ inputs }) => Object.keys(inputs));
  const folders = new Set(paths.flatMap((path) => FOLDER.exec(path)?.[0] ?? []));
  const holders = new Map<string, string[]>();
  for (const folder of folders) {
    const dir = join(ROOT, folder);
    const {
      name,
      version,
      license = "see below",
    } = JSON.parse(readFileSync(join(dir, "package.json"), "utf8"));
    const text = globSync(TEXTS, { cwd: dir })
      .sort()
      .map((file) => readFileSync(join(dir, file), "utf8").trim())
      .join("\n\n");
    holders.set(text, [...(holders.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  const parts = [...holders].map(([text, names]) => `${names.sort().join("\n")}\n\n${text}\n`);
  return parts.sort().join(`\n${"-".repeat(80)}\n\n`);
}
