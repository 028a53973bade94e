/** What a Lambda's start takes: the bytes that it reads, and the time to load them. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Metafile } from "esbuild";
import { bundleLambdas } from "../infra/lambdas/bundle.ts";
import { SETTINGS_FILE } from "../infra/lambdas/bundle-files.ts";
import { LAMBDAS, type LambdaName } from "../infra/lambdas/lambda-table.ts";
import { PROCESS_ENVIRONMENT } from "../infra/lambdas/node-options.ts";
import { bytesOf } from "./lambda-init/builds.ts";
import { median, table } from "./tables.ts";

const RUNS = 11;

/** One Lambda, as `npm run build` bundles it. */
export interface LambdaStart {
  name: string;
  /** Bytes of all its files, and of those that a start reads. */
  bytes: number;
  startBytes: number;
  /** To import the handler, in a process that is up; medians of wall time and of CPU, in ms. */
  wall: number;
  cpu: number;
}

/** Loads each Lambda in processes of its own, all in turns. Node's own start is not counted. */
export async function measureLambdaStarts(): Promise<LambdaStart[]> {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-start-"));
  try {
    const bundled = [...(await bundleLambdas(dir))].filter(([name]) => name in LAMBDAS);
    const runs = new Map(bundled.map(([name]) => [name, [] as Load[]]));
    for (const [name] of bundled) writeFileSync(join(dir, name, SETTINGS_FILE), "{}");
    for (let n = 0; n < RUNS; n++)
      for (const [name] of bundled) runs.get(name)?.push(load(join(dir, name, "index.mjs"), name));
    return bundled.map(([name, { outputs }]) => ({
      name,
      bytes: bytesOf(join(dir, name)),
      startBytes: startBytes(outputs),
      wall: median((runs.get(name) ?? []).map(({ wall }) => wall)),
      cpu: median((runs.get(name) ?? []).map(({ cpu }) => cpu)),
    }));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

type Load = Record<"wall" | "cpu", number>;

const PROGRAM = `const [begun, used] = [performance.now(), process.cpuUsage()];
await import(process.env.BENCH_LAMBDA);
const { user, system } = process.cpuUsage(used);
console.log(JSON.stringify({ wall: performance.now() - begun, cpu: (user + system) / 1000 }));`;

function load(file: string, name: string): Load {
  const { nodeOptions } = LAMBDAS[name as LambdaName];
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", PROGRAM], {
    env: {
      ...PROCESS_ENVIRONMENT,
      ...(nodeOptions && { NODE_OPTIONS: nodeOptions }),
      BENCH_LAMBDA: file,
      AWS_REGION: "eu-central-1",
    },
    encoding: "utf8",
  });
  if (!stdout) throw new Error(`${name} does not load: ${stderr}`);
  return JSON.parse(stdout);
}

/** Bytes of a bundle's first file, and of those that it imports at once. */
function startBytes(outputs: Metafile["outputs"]): number {
  const left = Object.keys(outputs).filter((file) => basename(file) === "index.mjs");
  const found = new Set<string>();
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    for (const { path, kind } of outputs[file]?.imports ?? [])
      if (kind === "import-statement" && path in outputs) left.push(path);
  }
  return [...found].reduce((sum, file) => sum + (outputs[file]?.bytes ?? 0), 0);
}

/** As a Markdown table. */
export function lambdaStartTable(starts: LambdaStart[]): string {
  const kilo = (bytes: number) => (bytes / 1000).toFixed(0);
  return table(
    ["Lambda", "bundle kB", "read at a start kB", "load ms", "CPU ms"],
    starts.map(({ name, bytes, startBytes, wall, cpu }) => [
      ...[name, kilo(bytes), kilo(startBytes), wall.toFixed(0), cpu.toFixed(0)],
    ]),
  );
}
