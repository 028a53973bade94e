/** Lines of JSON, beside an earlier build that knew no other input: its own bench runs its own Lambdas, in alternation with ours. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as job from "../job.ts";
import * as bundle from "../measure/bundle.ts";
import * as services from "../services/services.ts";
import { median, table } from "../tables.ts";

/** Where only lines of JSON were an input. */
export const COMMIT = "bd96561";
const ROOT = join(import.meta.dirname, "../..");
const STEPS = ["prepare", "collect"] as const;

/** The parts of a bench that are used of either build. */
interface Bench {
  runJob: typeof job.runJob;
  bundlePrograms: (readable: boolean) => Promise<bundle.Bundles>;
  startServices: () => Promise<services.Services>;
}

/** CPU seconds of one step in either build. */
export interface BuildFigures {
  step: string;
  cpu: number;
  oldCpu: number;
}

/** Runs jobs of either build. Null, with a word on the terminal, where the clone has no such commit. */
export async function measureOldBuild(items: number, repeat: number): Promise<BuildFigures[] | null> {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-old-"));
  try {
    if (!unpack(dir)) {
      console.log(
        `Commit ${COMMIT} is not in this clone, so its build is not measured: git fetch --unshallow`,
      );
      return null;
    }
    const builds: Bench[] = [{ ...job, ...bundle, ...services }, await benchIn(dir)];
    const bundles = await Promise.all(builds.map((build) => build.bundlePrograms(false)));
    const runs: number[][] = [];
    for (let n = 0; n < repeat; n++)
      for (const [at, build] of builds.entries())
        runs.push(await cpuOf(build, bundles[at] as bundle.Bundles, items));
    for (const each of bundles) each.close();
    return STEPS.map((step, at) => {
      const cpus = (old: number) => median(runs.filter((_, n) => n % 2 === old).map((cpu) => cpu[at] ?? 0));
      return { step, cpu: cpus(0), oldCpu: cpus(1) };
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Writes the commit's files, without a work tree that git would have to be told to forget. @returns whether the clone has it */
export function unpack(dir: string): boolean {
  const archive = join(dir, "commit.tar");
  try {
    execFileSync("git", ["archive", `--output=${archive}`, COMMIT], { cwd: ROOT, stdio: "ignore" });
  } catch {
    return false;
  }
  execFileSync("tar", ["-xf", archive, "-C", dir]);
  symlinkSync(join(ROOT, "node_modules"), join(dir, "node_modules"));
  return true;
}

async function benchIn(dir: string): Promise<Bench> {
  const load = (file: string) => import(pathToFileURL(join(dir, "bench", file)).href);
  const [old, oldBundle, oldServices] = await Promise.all([
    load("job.ts"),
    load("measure/bundle.ts"),
    load("services/services.ts"),
  ]);
  return { ...old, ...oldBundle, ...oldServices };
}

async function cpuOf(build: Bench, bundles: bundle.Bundles, items: number): Promise<number[]> {
  const running = await build.startServices();
  try {
    const size = { provider: "openai", items, lineBytes: 1000 } as const;
    const { steps } = await build.runJob(size, { services: running, bundles, nodeOptions: [] });
    return STEPS.map((step) => steps.find((one) => one.step === step)?.measured.cpu ?? 0);
  } finally {
    running.close();
  }
}

/** The figures as Markdown. */
export function oldBuildTable(figures: BuildFigures[]): string {
  return table(
    ["step", "CPU s", `CPU s of ${COMMIT}`, "ratio"],
    figures.map(({ step, cpu, oldCpu }) => [
      step,
      cpu.toFixed(2),
      oldCpu.toFixed(2),
      (cpu / oldCpu).toFixed(2),
    ]),
  );
}
