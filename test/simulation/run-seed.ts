/** Runs one seed and says how it went, in a form that crosses process boundaries. */
import type { FaultName } from "./faults.ts";
import { violations } from "./invariants.ts";
import { type DrawnJob, recordOf } from "./job.ts";
import { type Sabotage, simulate } from "./simulation.ts";

/** How the simulation of a seed went. */
export interface SeedReport {
  seed: number;
  /** Broken invariants; none when all is well. */
  violations: string[];
  /** The jobs in short. */
  job: string;
  /** Provider and final status of each job. */
  outcomes: string[];
  drawn: FaultName[];
  struck: [FaultName, number][];
  /** Grants of the Lambdas that were used. */
  grants: string[];
  /** Events in the longest history of an execution. */
  history: number;
  /** How many things happened: nearly all are calls. */
  events: number;
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
        job = parts.jobs.map(inShort).join("; ");
        drawn = parts.world.faults.drawn;
        lines = parts.world.lines;
        options.sabotage?.(parts);
      },
    });
    const outcomes = after.jobs.map((job) => {
      return `${job.provider} ${recordOf(job, after.table.items)?.status}`;
    });
    return {
      seed,
      violations: violations(after),
      job,
      outcomes,
      drawn,
      struck: [...after.world.faults.struck],
      grants: after.grants.used,
      history: after.executions.watched.longestHistory,
      events: after.world.events,
      trace: after.world.trace,
      lines,
    };
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return {
      seed,
      violations: [`the simulation broke off: ${text}`],
      job,
      outcomes: ["broken off"],
      drawn,
      struck: [],
      grants: [],
      history: 0,
      events: 0,
      trace: "",
      lines,
    };
  }
}

function inShort({ provider, lines, limits, max_rounds, deadline_hours }: DrawnJob): string {
  const deadline = deadline_hours === undefined ? "no deadline" : `deadline ${deadline_hours} h`;
  return `${provider}, ${lines.length} items, ${limits.max_requests} a batch, ${max_rounds} rounds, ${deadline}`;
}
