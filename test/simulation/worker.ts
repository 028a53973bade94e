/** A process that runs the seeds it is told, one at a time: a simulation takes its whole process. */
import { runSeed, type SeedReport } from "./run-seed.ts";
import { SABOTAGES, type SabotageName } from "./sabotage.ts";

/** What a worker is asked for: a seed, and the broken world in which it is run, if any. */
export interface Order {
  seed: number;
  sabotage?: SabotageName;
}

/** What it answers: how the seed went, and the CPU since the report before, the start of the process included. */
export type WorkerReport = SeedReport & { cpu_seconds: number };

let told = 0;

process.on("message", async ({ seed, sabotage }: Order) => {
  const report = await runSeed(seed, { sabotage: sabotage && SABOTAGES[sabotage] });
  const { user, system } = process.cpuUsage();
  const spent = (user + system) / 1e6;
  process.send?.({ ...report, cpu_seconds: spent - told } satisfies WorkerReport);
  told = spent;
});
