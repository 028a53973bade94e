/** Commands that do little: what they take beside node itself. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStores } from "../../local/engine/stores.ts";
import { engineFolder } from "../../local/host/place.ts";
import { claimJob } from "../../shared/records/job-record.ts";
import { median } from "../tables.ts";

const JOBS = 1000;
const RUNS = 11;
const METER = join(import.meta.dirname, "usage.mjs");

/** What a command takes, beside `node -e 0` in the same turns. */
export interface SmallCommand {
  name: string;
  /** Seconds of CPU, user and system; medians. */
  cpu: number;
  ratio: number;
}

/** Measures the installed command `nightshift`, in a folder of its own. */
export async function measureSmallCommands(nightshift: string): Promise<SmallCommand[]> {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-small-"));
  try {
    await writeJobs(join(dir, ".nightshift"));
    const commands = {
      "node -e 0": ["-e", "0"],
      "nightshift --help": [nightshift, "--help"],
      [`nightshift list --limit ${JOBS}`]: [nightshift, "list", "--limit", String(JOBS)],
    };
    const runs = new Map(Object.keys(commands).map((name) => [name, [] as number[]]));
    // In turns, and the first is not counted: it fills the compile cache.
    for (let n = 0; n <= RUNS; n++)
      for (const [name, args] of Object.entries(commands)) {
        const cpu = cpuOf(args, dir);
        if (n > 0) runs.get(name)?.push(cpu);
      }
    const node = median(runs.get("node -e 0") ?? []);
    return [...runs].map(([name, all]) => ({ name, cpu: median(all), ratio: median(all) / node }));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function writeJobs(dataDir: string): Promise<void> {
  const stores = openStores(
    engineFolder({ dataDir, sandbox: { upstream: undefined, upstreamKey: undefined } }),
  );
  for (let n = 0; n < JOBS; n++) {
    // Few are at work, as in a folder that was used for a while.
    const status = n % 100 === 0 ? ("pending" as const) : ("completed" as const);
    const info = { job_id: `job-${n}`, provider: "openai" as const, model: "gpt-4.1-mini", raw: null };
    await claimJob({ ...info, status, request_count: 20, created_at: n }, `execution-${n}`);
  }
  stores.close();
}

function cpuOf(args: string[], cwd: string): number {
  const usage = join(cwd, "usage.json");
  rmSync(usage, { force: true });
  const env = { ...process.env, PEER_USAGE: usage };
  const { status } = spawnSync(process.execPath, ["--import", METER, ...args], { cwd, env });
  if (status !== 0 || !existsSync(usage)) throw new Error(`${args.join(" ")} ended with ${status}`);
  return JSON.parse(readFileSync(usage, "utf8")).cpu;
}
