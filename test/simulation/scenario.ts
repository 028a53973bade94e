/** What happens to jobs from outside: uploads, triggers, and whoever starts them again. */
import type { Executions } from "./executions.ts";
import { type DrawnJob, recordOf } from "./job.ts";
import type { Lambdas } from "./lambdas.ts";
import type { Random } from "./random.ts";
import type { Aftermath } from "./simulation.ts";

/** Starts of a job that keeps failing; faults are used up by then. */
const MAX_STARTS = 12;
/** How likely a fault that was drawn strikes where it can strike but once. */
const OFTEN = 0.6;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

type Parts = Omit<Aftermath, "started" | "printed">;

/** Runs all jobs to their ends, and waits until nothing runs any more. @returns how many executions were started */
export async function runToItsEnd(parts: Parts, lambdas: Lambdas, random: Random): Promise<number> {
  const { world, jobs, executions } = parts;
  const starter = new Starter(executions);
  const ends = jobs.map(async (job, at) => {
    if (at > 0) await world.time.sleep(random.pick([0, random.int(0, 10_000), random.int(0, HOUR)]));
    await runJob(parts, job, starter, random);
  });
  if (world.faults.strikes("engine killed", OFTEN)) {
    await world.time.sleep(random.pick([random.int(0, 2000), random.int(0, 120_000), random.int(0, HOUR)]));
    world.note("the engine is killed");
    starter.restartAll(() => lambdas.killAll());
  }
  await Promise.all(ends);
  // A run that the state machine gave up may still be under way, and a cancelled batch takes its time.
  while (lambdas.alive.size > 0) await world.time.sleep(MINUTE);
  await world.time.sleep(HOUR);
  return starter.started;
}

/**
 * Uploads the input, delivers its event (perhaps twice), and starts the job again for as long as it
 * ends `failed`.
 */
async function runJob(parts: Parts, job: DrawnJob, starter: Starter, random: Random): Promise<void> {
  const { world, bucket, table } = parts;
  const version = bucket.put(job.key, job.input, job.metadata);
  const object = { key: job.key, "version-id": version, etag: "e", sequencer: "1" };
  const event = { bucket: { name: "bucket" }, object };
  if (world.faults.strikes("input overwritten", OFTEN)) {
    bucket.put(job.key, Buffer.from("somebody else's\n"), {});
  }
  const later = async (input: unknown) => {
    await world.time.sleep(random.pick([0, 50, 5000, HOUR, 30 * HOUR]));
    await starter.start(input);
  };
  const others: Promise<void>[] = [];
  if (world.faults.strikes("duplicate event", OFTEN)) others.push(later(event));
  if (world.faults.strikes("second execution", OFTEN))
    others.push(later({ key: job.key, version_id: version }));
  await starter.start(event);
  await Promise.all(others);
  for (let again = 0; again < MAX_STARTS && recordOf(job, table.items)?.status === "failed"; again++) {
    await starter.start(event);
  }
}

/** Starts executions, and keeps those that are under way. */
class Starter {
  started = 0;
  readonly #executions: Executions;
  readonly #live = new Map<string, { abort(): void; restarted: boolean }>();

  constructor(executions: Executions) {
    this.#executions = executions;
  }

  /** Runs an execution to its end; one that failed without recording it is redriven. */
  async start(input: unknown): Promise<void> {
    const arn = `arn:execution:${++this.started}`;
    for (;;) {
      const { done, abort } = this.#executions.start(arn, input);
      const entry = { abort, restarted: false };
      this.#live.set(arn, entry);
      const { failed } = await done;
      this.#live.delete(arn);
      if (!entry.restarted && (failed === null || failed.name === "JobFailed")) return;
    }
  }

  /** Ends all that runs at once; each execution then starts again under its own name. */
  restartAll(kill: () => void): void {
    for (const execution of this.#live.values()) {
      execution.restarted = true;
      execution.abort();
    }
    kill();
  }
}
