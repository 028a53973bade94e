/** `npm run build`: makes `dist/`, which is what the package holds. */
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { bundleLambdas } from "../lambdas/bundle.ts";
import { synthesizedDefinition } from "./definition.ts";
import { definitionFile } from "./machine-tasks.ts";

const ROOT = join(import.meta.dirname, "../..");
const DIST = join(ROOT, "dist");

rmSync(DIST, { recursive: true, force: true });
const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], {
  cwd: ROOT,
  stdio: "inherit",
});
if (status !== 0) process.exit(status ?? 1);
// The nearest one of every module in dist/: the command reads its version.
const { name, version, type } = packageJson;
writeFileSync(join(DIST, "package.json"), `${JSON.stringify({ name, version, type })}\n`);
bundleLambdas(join(DIST, "lambdas"));
for (const webhooks of [false, true])
  writeFileSync(
    join(DIST, definitionFile(webhooks)),
    JSON.stringify(synthesizedDefinition({ openaiWebhooks: webhooks })),
  );
