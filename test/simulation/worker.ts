/** A process that runs the seeds it is told, one at a time: a simulation takes its whole process. */
import { runSeed } from "./run-seed.ts";
import { SABOTAGES, type SabotageName } from "./sabotage.ts";

/** What a worker is asked for: a seed, and the broken world in which it is run, if any. */
export interface Order {
  seed: number;
  sabotage?: SabotageName;
}

process.on("message", async ({ seed, sabotage }: Order) => {
  process.send?.(await runSeed(seed, { sabotage: sabotage && SABOTAGES[sabotage] }));
});
