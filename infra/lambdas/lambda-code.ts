import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Stack } from "aws-cdk-lib";
import { Code } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import type { ProviderName } from "../../shared/models.ts";
import { ROOT } from "../../shared/package-root.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import { PROTOCOLS_FILE, SETTINGS_FILE } from "./bundle-files.ts";

/** Where `npm run build` puts the bundles. There are none in a clone. */
const AHEAD = join(ROOT, "lambdas");

export interface LambdaCodeProps {
  /** Its folder, which has a `handler.ts`, from the project's root. */
  folder: string;
  /** The providers whose code it carries, where it calls any. Default: none. */
  providers?: readonly ProviderName[] | undefined;
  /** Environment variables that may be long: they are kept with the code, and set as the Lambda starts. */
  settings?: Record<string, string>;
}

/** The code of a Lambda: bundled ahead in the package, bundled now in a clone. */
export function lambdaCode(
  scope: Construct,
  { folder, providers = [], settings = {} }: LambdaCodeProps,
): Code {
  // `cdk destroy` and the definition for the local engine need no code.
  if (!Stack.of(scope).bundlingRequired) return Code.fromInline("// not bundled");
  const keep = scope.node.tryGetContext("aws:cdk:disable-asset-staging") !== undefined;
  const dir = mkdtempSync(join(workFolder(keep), "code-"));
  const bundle = join(bundles(keep), basename(folder));
  const left = unusedFiles(bundle, providers);
  cpSync(bundle, dir, { recursive: true, filter: (file) => !left.includes(basename(file)) });
  writeFileSync(join(dir, SETTINGS_FILE), JSON.stringify(settings));
  return Code.fromAsset(dir);
}

/** The code of protocols that no provider of the stack speaks. It is loaded only when it is used. */
export function unusedFiles(bundle: string, providers: readonly ProviderName[]): string[] {
  const used: string[] = providers.map((name) => PROFILES[name].protocol);
  const files: [string, string][] = JSON.parse(readFileSync(join(bundle, PROTOCOLS_FILE), "utf8"));
  const kept = new Set(files.flatMap(([protocol, file]) => (used.includes(protocol) ? [file] : [])));
  return [PROTOCOLS_FILE, ...files.flatMap(([, file]) => (kept.has(file) ? [] : [file]))];
}

let work: string | undefined;
let bundled: string | undefined;

/** The folder of the bundles. It is deleted when the process ends, unless `keep` is set: CDK has copied the assets by then. */
function workFolder(keep: boolean): string {
  if (work !== undefined) return work;
  const dir = mkdtempSync(join(tmpdir(), "nightshift-lambdas-"));
  if (!keep) process.once("exit", () => rmSync(dir, { recursive: true, force: true }));
  work = dir;
  return dir;
}

/** In a clone, all are bundled together at the first that is needed, by a process of its own. esbuild's plugins need `await`. */
function bundles(keep: boolean): string {
  if (existsSync(AHEAD)) return AHEAD;
  if (bundled === undefined) {
    bundled = join(workFolder(keep), "bundles");
    const program = join(ROOT, "infra/lambdas/bundle.ts");
    const { status, stderr } = spawnSync(process.execPath, [program, bundled], { encoding: "utf8" });
    if (status !== 0) throw new Error(`the Lambdas could not be bundled: ${stderr}`);
  }
  return bundled;
}
