/** `npm run build`: makes `dist/`, which is what the package holds. */
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import packageJson from "../../package.json" with { type: "json" };
import { ROOT } from "../../shared/package-root.ts";
import { BUNDLE, bundleLambdas } from "../lambdas/bundle.ts";
import { smallerPackages } from "../lambdas/smaller-packages.ts";
import { synthesizedDefinition } from "./definition.ts";
import { licensesOf } from "./licenses.ts";
import { definitionFile } from "./machine-tasks.ts";

const DIST = join(ROOT, "dist");
/** What the package exports, and the programs that it starts. */
const ENTRIES = [
  "infra/nightshift.ts",
  "shared/models.ts",
  "cli/client/client.ts",
  "cli/nightshift.ts",
  "local/host/host-process.ts",
];

rmSync(DIST, { recursive: true, force: true });
const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], {
  cwd: ROOT,
  stdio: "inherit",
});
if (status !== 0) process.exit(status ?? 1);
// Dependencies, too: to find and load a thousand files takes longer than a small job does.
const { metafile } = await build({
  ...BUNDLE,
  plugins: [smallerPackages()],
  entryPoints: ENTRIES,
  absWorkingDir: ROOT,
  outbase: ROOT,
  outdir: DIST,
  chunkNames: "chunks/[name]-[hash]",
  target: "es2024",
  // The construct is made with the app's own.
  external: ["aws-cdk-lib", "constructs"],
  logLevel: "warning",
});
// The nearest one of every module in dist/: the command reads its version.
const { name, version, type } = packageJson;
writeFileSync(join(DIST, "package.json"), `${JSON.stringify({ name, version, type })}\n`);
const lambdas = await bundleLambdas(join(DIST, "lambdas"));
writeFileSync(join(DIST, "THIRD-PARTY-LICENSES"), licensesOf([metafile, ...lambdas.values()]));
for (const webhooks of [false, true])
  writeFileSync(
    join(DIST, definitionFile(webhooks)),
    JSON.stringify(synthesizedDefinition({ openaiWebhooks: webhooks })),
  );
