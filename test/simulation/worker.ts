/** A process that runs the seeds it is told, one at a time: a simulation takes its whole process. */
import { runSeed } from "./run-seed.ts";
import { SABOTAGES, type SabotageName } from "./sabotage.ts";

/** What a worker is asked for. */
export interface Order {
  seed: number;
  sabotage: SabotageName | undefined;
}

process.on("message", async ({ seed, sabotage }: Order) => {
  process.send?.(await runSeed(seed, { sabotage: sabotage && SABOTAGES[sabotage] }));
});
