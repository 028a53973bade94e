/** Runs many seeds over several processes. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Order, WorkerReport } from "./worker.ts";

const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url));
/** Seeds after which a process is replaced: what killed runs leave behind in memory goes with it, some 20 KB a seed. */
const SEEDS_A_PROCESS = 2000;

/**
 * Runs what is ordered over some processes; `onReport` hears of each run as it ends, in no particular order. An order is
 * taken when a process is free for it: what was heard before may decide which comes next.
 * @throws Error when a process dies
 */
export async function runSeeds(
  orders: Iterable<Order>,
  workers: number,
  onReport: (report: WorkerReport, order: Order) => void,
): Promise<void> {
  const left = orders[Symbol.iterator]();
  let done = false;
  const take = (): Order | null => {
    const next = left.next();
    done = next.done === true;
    return done ? null : next.value;
  };
  const lane = async () => {
    while (!done) await runInOneProcess(take, onReport);
  };
  await Promise.all(Array.from({ length: workers }, lane));
}

/** `count` seeds from `first` on. */
export function* seedsFrom(first: number, count: number): Generator<Order> {
  for (let seed = first; seed < first + count; seed++) yield { seed };
}

function runInOneProcess(
  take: () => Order | null,
  onReport: (report: WorkerReport, order: Order) => void,
): Promise<void> {
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
    worker.on("message", (report: WorkerReport) => {
      onReport(report, current as Order);
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
