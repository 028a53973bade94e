/** What people read of a simulation: failed seeds, and the table at the end of a long run. */
import { ALL_GRANTS } from "../harness/grants.ts";
import { COUNTED, FAULTS, type FaultName } from "./faults.ts";
import type { SeedReport } from "./run-seed.ts";
import type { WorkerReport } from "./worker.ts";

const ALL = { ...FAULTS, ...COUNTED };
/** Longest text of one violation shown. */
const LONGEST = 1000;

/** A failed seed: what is broken, in which job, with which faults, and how to see it again. */
export function failureText(report: SeedReport): string {
  const struck = report.struck.map(([name, times]) => `${name} ×${times}`).join(", ");
  return [
    `seed ${report.seed}: ${report.violations.length} broken`,
    ...report.violations.slice(0, 5).map((violation) => `  - ${violation.slice(0, LONGEST)}`),
    `  job: ${report.job}`,
    `  faults: ${struck || report.drawn.join(", ") || "none"}`,
    `  again: npm run simulate -- --seed ${report.seed}`,
  ].join("\n");
}

/** How far a long run is after `seconds`, and how long it will still take. */
export function progressText({ seeds, failed }: Totals, count: number, seconds: number): string {
  const left = Math.ceil(((count - seeds) * seconds) / seeds / 60);
  return `${seeds} of ${count} seeds, ${failed} failed, ${left} min left`;
}

/** Counts over many seeds. */
export class Totals {
  seeds = 0;
  failed = 0;
  readonly #outcomes = new Map<string, number>();
  readonly #drawn = new Map<FaultName, number>();
  readonly #struck = new Map<FaultName, number>();
  readonly #used = new Set<string>();
  #longestHistory = 0;
  #cpuSeconds = 0;

  add(report: WorkerReport): void {
    this.seeds++;
    this.#cpuSeconds += report.cpu_seconds;
    if (report.violations.length > 0) this.failed++;
    const count = <K>(counts: Map<K, number>, key: K, by = 1) => counts.set(key, (counts.get(key) ?? 0) + by);
    for (const outcome of report.outcomes) count(this.#outcomes, outcome);
    for (const name of report.drawn) count(this.#drawn, name);
    for (const [name, times] of report.struck) count(this.#struck, name, times);
    for (const grant of report.grants) this.#used.add(grant);
    this.#longestHistory = Math.max(this.#longestHistory, report.history);
  }

  /** Faults that were drawn but never struck: a simulation that does not test what it says. */
  get idle(): FaultName[] {
    return (Object.keys(ALL) as FaultName[]).filter((name) => !this.#struck.has(name));
  }

  /** Providers and final statuses of jobs that occurred: `openai completed`. */
  get outcomes(): string[] {
    return [...this.#outcomes.keys()];
  }

  /** Grants of the Lambdas that no seed used. */
  get unused(): string[] {
    return ALL_GRANTS.filter((grant) => !this.#used.has(grant));
  }

  /** The table: each fault, in how many seeds it was drawn, how often it struck. */
  table(): string {
    const rows = Object.entries(ALL).map(([name, text]) => {
      const drawn = this.#drawn.get(name as FaultName) ?? 0;
      const struck = this.#struck.get(name as FaultName) ?? 0;
      return `${name.padEnd(22)}${String(drawn).padStart(8)}${String(struck).padStart(9)}  ${text}`;
    });
    const outcomes = [...this.#outcomes].sort().map(([outcome, seeds]) => `${outcome}: ${seeds}`);
    return [
      `${"fault".padEnd(22)}${"seeds".padStart(8)}${"struck".padStart(9)}`,
      ...rows,
      "",
      `outcomes: ${outcomes.join(", ")}`,
      `longest history: ${this.#longestHistory} events`,
      `grants never used: ${this.unused.join(", ") || "none"}`,
      `CPU: ${this.#cpuSeconds.toFixed(1)} s, ${(this.#cpuSeconds / this.seeds).toFixed(3)} s a seed`,
      `${this.seeds} seeds, ${this.failed} with a broken invariant`,
    ].join("\n");
  }
}
