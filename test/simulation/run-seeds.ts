/** Runs many seeds over several processes. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { SeedReport } from "./run-seed.ts";
import type { SabotageName } from "./sabotage.ts";
import type { Order } from "./worker.ts";

const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url));
/** Seeds after which a process is replaced: what killed runs leave behind in memory goes with it. */
const SEEDS_A_PROCESS = 500;

/** Which seeds, over how many processes, and in which broken world, if any. */
export interface SeedRange {
  first: number;
  count: number;
  workers: number;
  sabotage?: SabotageName;
}

/**
 * Runs the seeds from `first` on; `onReport` hears of each as it ends, in no particular order, and
 * may say `stop`.
 * @throws Error when a process dies
 */
export async function runSeeds(
  options: SeedRange,
  // biome-ignore lint/suspicious/noConfusingVoidType: most have nothing to say
  onReport: (report: SeedReport) => "stop" | void,
): Promise<void> {
  let next = options.first;
  const end = options.first + options.count;
  const take = (): Order | null => (next < end ? { seed: next++, sabotage: options.sabotage } : null);
  const hear = (report: SeedReport) => {
    if (onReport(report) === "stop") next = end;
  };
  const lane = async () => {
    while (next < end) await runInOneProcess(take, hear);
  };
  await Promise.all(Array.from({ length: options.workers }, lane));
}

function runInOneProcess(take: () => Order | null, onReport: (report: SeedReport) => void): Promise<void> {
  const worker = fork(WORKER, {
    // Simulations make much short-lived garbage: with room for it they take half the time.
    // Stacks of errors are costly, and seen only by who runs the one seed that failed.
    execArgv: ["--max-semi-space-size=64", "--stack-trace-limit=0"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    serialization: "advanced",
  });
  return new Promise((resolve, reject) => {
    let left = SEEDS_A_PROCESS;
    let current: Order | null = null;
    const give = () => {
      current = left-- > 0 ? take() : null;
      if (current === null) worker.disconnect();
      else worker.send(current);
    };
    worker.on("message", (report: SeedReport) => {
      onReport(report);
      give();
    });
    worker.on("error", reject);
    worker.on("exit", () => {
      if (current === null) resolve();
      else reject(new Error(`the process that ran seed ${current.seed} died`));
    });
    give();
  });
}
