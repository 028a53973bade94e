/** What happens to a job from outside: its upload, its trigger, and whoever starts it again. */

import type { Execution } from "./executions.ts";
import type { Lambdas } from "./lambdas.ts";
import type { Random } from "./random.ts";
import type { Aftermath } from "./simulation.ts";

const KEY = "inbox/data.jsonl";
/** Starts of a job that keeps failing; faults are used up by then. */
const MAX_STARTS = 12;
const HOUR = 3_600_000;

type Parts = Omit<Aftermath, "started" | "printed">;

/**
 * Uploads the input, delivers its event (perhaps twice), and starts the job again for as long as it
 * ends `failed`; an execution that failed without recording it is redriven. Then waits until nothing
 * runs any more. @returns the number of executions started
 */
export async function runToItsEnd(parts: Parts, lambdas: Lambdas, random: Random): Promise<number> {
  const { world, bucket, job, executions } = parts;
  const version = bucket.put(KEY, job.input, job.metadata);
  const event = {
    bucket: { name: "bucket" },
    object: { key: KEY, "version-id": version, etag: "e", sequencer: "1" },
  };
  const running = new Set<Promise<unknown>>();
  let starts = 0;
  const start = (input: unknown, arn = `arn:execution:${++starts}`): Execution => {
    const { done, abort } = executions.start(arn, input);
    const redriven = done.then(async ({ failed }) => {
      const recorded =
        failed === null || failed.name === "JobFailed" || failed.name === "ExecutionAbortedError";
      if (!recorded) await start(input, arn).done;
      return { failed };
    });
    running.add(redriven);
    void redriven.then(() => running.delete(redriven));
    return { done: redriven, abort };
  };
  const later = async (input: unknown) => {
    await world.time.sleep(random.pick([0, 50, 5000, HOUR, 30 * HOUR]));
    await start(input).done;
  };
  const others: Promise<void>[] = [];
  if (world.faults.strikes("duplicate event")) others.push(later(event));
  if (world.faults.strikes("second execution")) others.push(later({ key: KEY }));
  const first = start(event);
  if (world.faults.strikes("engine killed")) {
    await world.time.sleep(random.pick([random.int(0, 2000), random.int(0, 120_000), random.int(0, HOUR)]));
    world.note("the engine is killed");
    first.abort();
    lambdas.killAll();
    start(event, "arn:execution:1");
  }
  while (running.size > 0) await Promise.all(running);
  while (jobStatus(parts) === "failed" && starts < MAX_STARTS) await start(event).done;
  await Promise.all(others);
  while (jobStatus(parts) === "failed" && starts < MAX_STARTS) await start(event).done;
  // A run that the state machine gave up may still be under way, and a cancelled batch takes its time.
  while (lambdas.alive.size > 0) await world.time.sleep(60_000);
  await world.time.sleep(HOUR);
  return starts;
}

/** The job's status as the table has it; there is one job. */
function jobStatus({ table }: Parts): unknown {
  for (const item of table.items.values()) if (item.sk === "job") return item.status;
  return undefined;
}
