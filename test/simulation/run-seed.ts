/** Runs one seed and says how it went, in a form that crosses process boundaries. */
import type { FaultName } from "./faults.ts";
import { violations } from "./invariants.ts";
import { type Sabotage, simulate } from "./simulation.ts";

/** How the simulation of a seed went. */
export interface SeedReport {
  seed: number;
  /** Broken invariants; none when all is well. */
  violations: string[];
  /** The job in short. */
  job: string;
  /** The job's final status. */
  outcome: string;
  drawn: FaultName[];
  struck: [FaultName, number][];
  /** Digest of everything that happened. */
  trace: string;
  /** What happened, line by line; only when asked for. */
  lines: string[];
}

/** Runs a seed; what it throws is a violation too. */
export async function runSeed(
  seed: number,
  options: { verbose?: boolean; sabotage?: Sabotage | undefined } = {},
): Promise<SeedReport> {
  let job = "?";
  let drawn: FaultName[] = [];
  let lines: string[] = [];
  try {
    const after = await simulate(seed, {
      verbose: options.verbose ?? false,
      sabotage(parts) {
        const { provider, lines: items, limits, max_rounds, deadline_hours } = parts.job;
        job = `${provider}, ${items.length} items, ${limits.max_requests} a batch, ${max_rounds} rounds, ${deadline_hours ? `deadline ${deadline_hours} h` : "no deadline"}`;
        drawn = parts.world.faults.drawn;
        lines = parts.world.lines;
        options.sabotage?.(parts);
      },
    });
    const record = [...after.table.items.values()].find(({ sk }) => sk === "job");
    return {
      seed,
      violations: violations(after),
      job,
      outcome: String(record?.status),
      drawn,
      struck: [...after.world.faults.struck],
      trace: after.world.trace,
      lines,
    };
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return {
      seed,
      violations: [`the simulation broke off: ${text}`],
      job,
      outcome: "broken off",
      drawn,
      struck: [],
      trace: "",
      lines,
    };
  }
}
