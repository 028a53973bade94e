/** What happens to jobs from outside: uploads, triggers, and whoever starts them again. */
import { hasEnded } from "../../shared/models.ts";
import { isFree, type JobRecord } from "../../shared/records/job-record.ts";
import { cancelSometime, stopSometime, sweepHourly } from "./cancels.ts";
import { type DrawnJob, recordOf } from "./job.ts";
import type { Lambdas } from "./lambdas.ts";
import type { Random } from "./random.ts";
import { addressesOf } from "./services.ts";
import type { Parts } from "./simulation.ts";

/** Starts of a job that keeps failing; faults are used up by then. */
const MAX_STARTS = 12;
/** How likely a fault that was drawn strikes where it can strike but once. */
const OFTEN = 0.6;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Runs all jobs to their ends, and waits until nothing runs any more. */
export async function runToItsEnd(parts: Parts, lambdas: Lambdas, random: Random): Promise<void> {
  const { world, jobs, states } = parts;
  let done = false;
  const ends = jobs.map(async (job, at) => {
    if (at > 0) await world.time.sleep(random.pick([0, random.int(0, 10_000), random.int(0, HOUR)]));
    await runJob(parts, job, random);
  });
  const others: Promise<void>[] = [];
  // A sweep where there is nothing to do must do nothing: some seeds without stopped executions have them too.
  if (world.faults.has("execution stopped") || random.chance(0.1))
    others.push(sweepHourly(parts, lambdas, random, () => done));
  if (world.faults.strikes("execution stopped", OFTEN)) others.push(stopSometime(parts, lambdas, random));
  if (world.faults.strikes("address wrong", OFTEN)) others.push(misleadSometime(parts, random));
  if (world.faults.strikes("engine killed", OFTEN)) {
    await world.time.sleep(random.pick([random.int(0, 2000), random.int(0, 120_000), random.int(0, HOUR)]));
    world.note("the engine is killed");
    states.restartAll(() => lambdas.killAll());
  }
  await Promise.all(ends);
  done = true;
  await Promise.all(others);
  // A run that the state machine gave up may still be under way, and a cancelled batch takes its time.
  while (states.running.length > 0 || lambdas.alive.size > 0) await world.time.sleep(MINUTE);
  await world.time.sleep(HOUR);
}

/**
 * Uploads the input, delivers its event (perhaps twice), and starts the job again for as long as it
 * ends `failed`.
 */
async function runJob(parts: Parts, job: DrawnJob, random: Random): Promise<void> {
  const { world, bucket, states } = parts;
  const { faults } = world;
  if (job.key.endsWith(".gz")) faults.count("input gzipped");
  if (job.tenant) faults.count("tenant's job");
  if (job.tenant?.settings.secrets[job.provider]) faults.count("tenant's own key");
  const version = bucket.put(job.key, job.input, job.metadata);
  const object = { key: job.key, "version-id": version, etag: "e", sequencer: "1" };
  const event = { bucket: { name: "bucket" }, object };
  if (world.faults.strikes("input overwritten", OFTEN)) {
    bucket.put(job.key, Buffer.from("somebody else's\n"), {});
  }
  const later = async (input: unknown) => {
    await world.time.sleep(random.pick([0, 50, 5000, HOUR, 30 * HOUR]));
    await states.start(input);
  };
  const others: Promise<void>[] = [];
  if (world.faults.strikes("duplicate event", OFTEN)) others.push(later(event));
  if (world.faults.strikes("second execution", OFTEN))
    others.push(later({ key: job.key, version_id: version }));
  if (world.faults.strikes("cancel requested", OFTEN)) others.push(cancelSometime(parts, job, random));
  await states.start(event);
  await untilEnded(parts, job, event);
  await Promise.all(others);
  await untilEnded(parts, job, event);
}

/** What EventBridge tells of an upload. */
interface UploadEvent {
  object: { key: string; "version-id": string };
}

/** The job's start once more; with a higher cap when it was refused because of that. */
function withCap(
  { world }: Parts,
  job: DrawnJob,
  event: UploadEvent,
  record: JobRecord | undefined,
): unknown {
  const [, cost] = /max_cost_usd is .* may cost ([\d.e+-]+) US dollars/.exec(String(record?.error)) ?? [];
  if (cost !== undefined) {
    world.faults.count("cap refused");
    // The message has four digits of it.
    job.max_cost_usd = Number(cost) * 1.001;
  }
  if (!job.capRaised && cost === undefined) return event;
  job.capRaised = true;
  const { key, "version-id": version_id } = event.object;
  return { key, version_id, job: { max_cost_usd: job.max_cost_usd } };
}

/** Sets a wrong address of the providers, as a deployment may, and the right one again after a while. */
async function misleadSometime({ world, jobs }: Parts, random: Random): Promise<void> {
  await world.time.sleep(
    random.pick([random.int(0, 5000), random.int(0, 10 * MINUTE), random.int(0, 3 * HOUR)]),
  );
  world.note("the providers' addresses are wrong");
  world.misled = true;
  Object.assign(process.env, addressesOf(jobs, "elsewhere"));
  await world.time.sleep(random.pick([random.int(0, MINUTE), random.int(0, HOUR), random.int(0, 12 * HOUR)]));
  world.note("the providers' addresses are right again");
  world.misled = false;
  Object.assign(process.env, addressesOf(jobs));
}

/**
 * Starts a job again that failed, was stopped before it had begun, or is free for another execution as the command finds
 * it; one that was stopped later waits for a sweep.
 */
async function untilEnded(parts: Parts, job: DrawnJob, event: UploadEvent): Promise<void> {
  const { world, table, states } = parts;
  for (let again = 0; again < MAX_STARTS; ) {
    const record = recordOf(job, table.items) as JobRecord | undefined;
    if (!record || isFree(record)) {
      again++;
      // People wait before they poll once more.
      if (String(record?.error).includes("poll it once more")) await world.time.sleep(HOUR);
      // And do not start a job that failed before the address is right again.
      while (record && world.misled) await world.time.sleep(MINUTE);
      await states.start(withCap(parts, job, event, record));
    } else if (hasEnded(record.status)) return;
    else await world.time.sleep(HOUR);
  }
}
