/** One simulation: the world of a seed, one job or two in it, and what happens until they are done. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import timers from "node:timers/promises";
import { SFNClient } from "@aws-sdk/client-sfn";
import { ENV } from "../../shared/names.ts";
import { type S3, s3Store } from "../../shared/objects/s3-store.ts";
import { useObjects } from "../../shared/objects/store.ts";
import { type Dynamo, dynamoTable } from "../../shared/records/dynamo-table.ts";
import { useTable } from "../../shared/records/store.ts";
import { Grants } from "../harness/grants.ts";
import { type Gate, guardedObjects, guardedTable } from "../harness/guarded-stores.ts";
import { installAws } from "./aws-clients.ts";
import { SimulatedBucket } from "./bucket.ts";
import type { CancelRequest } from "./cancels.ts";
import { Executions } from "./executions.ts";
import { type DrawnJob, drawJobs, PRICES } from "./job.ts";
import { Lambdas } from "./lambdas.ts";
import { simulatedRequest } from "./node-http.ts";
import { closeFilesIn } from "./open-files.ts";
import "./preloaded.ts";
import { networkOf } from "./provider-http.ts";
import { Random } from "./random.ts";
import { replaced } from "./replaced.ts";
import { runToItsEnd } from "./scenario.ts";
import { makeServices, type Services, variablesOf } from "./services.ts";
import { STATE_MACHINE, StepFunctions } from "./step-functions.ts";
import { type Command, SimulatedTable } from "./table.ts";
import { installTenants, tenantsPath } from "./tenant-services.ts";
import { abortableSleep, signalAfter } from "./virtual-time.ts";
import { Webhooks } from "./webhooks.ts";
import { World } from "./world.ts";

/** What is left when a simulation is over. */
export interface Aftermath {
  world: World;
  jobs: DrawnJob[];
  bucket: SimulatedBucket;
  table: SimulatedTable;
  /** The providers of the jobs. */
  services: Services;
  executions: Executions;
  states: StepFunctions;
  /** What the Lambdas may do, and what of it they did. */
  grants: Grants;
  /** Requests to cancel a job that came in time. */
  requests: CancelRequest[];
  /** Everything that was printed meanwhile. */
  printed: string[];
}

/** A simulation before and while it runs. */
export type Parts = Omit<Aftermath, "printed">;

/** Changes to the simulated world, for tests that break an invariant on purpose. */
export type Sabotage = (parts: Parts) => void;

/** Same as in `infra/lambdas/lambdas.ts`: the Lambda's 15 minutes and a margin; 120 s for a batch to show. */
const LEASE = String(15 * 60 + 60);
const SETTLE = "120";
/** As in `infra/lambdas/lambdas.ts`, or so short that most steps take many runs, which costs. */
const RUN_SECONDS = ["600", "600", "600", "600", "600", "600", "5", "0.5", "0"];
/** Spooled answers are written where no disk is in the way. */
const TMP = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
/** A job with four rounds of 24 h each, and its restarts, is done by then (virtual ms). */
const LIMIT = 40 * 24 * 3_600_000;

/** Runs the simulation of a seed. Replaces parts of this process meanwhile: one at a time. */
export async function simulate(
  seed: number,
  options: { verbose?: boolean; sabotage?: Sabotage | undefined } = {},
): Promise<Aftermath> {
  const random = (name: string) => new Random(seed, name);
  const jobs = drawJobs(random("job"));
  const folder = mkdtempSync(join(TMP, "simulation-"));
  const world = new World(seed, options.verbose);
  // A plain object: the real environment takes a call into the system for each look, and there are thousands.
  const env = {
    ...process.env,
    AWS_REGION: "us-east-1",
    ...variablesOf(jobs),
    [ENV.bucket]: "bucket",
    [ENV.table]: "table",
    [ENV.stateMachine]: STATE_MACHINE,
    [ENV.jobDefaults]: "{}",
    [ENV.providerLimits]: JSON.stringify(
      Object.fromEntries(jobs.map(({ provider, limits }) => [provider, limits])),
    ),
    [ENV.submitLease]: LEASE,
    [ENV.createSettle]: SETTLE,
    [ENV.runSeconds]: random("run").pick(RUN_SECONDS),
    [ENV.metricsNamespace]: "Simulation",
    [ENV.modelPrices]: JSON.stringify(PRICES),
    [ENV.tenants]: tenantsPath(world),
  };
  const bucket = new SimulatedBucket(world);
  const table = new SimulatedTable(world);
  const jitter = random("jitter");
  const grants = new Grants();
  const gate: Gate = (action, resource, context) => {
    const run = world.runs.getStore();
    if (run) grants.use(run.lambda, { action, resource, context });
  };
  const services = makeServices(world, random, jobs, { bucket, gate });
  const printed: string[] = [];
  const print = (...parts: unknown[]) => void printed.push(parts.map(String).join(" "));
  const network = networkOf(world, services);
  const restores = [
    // `tmpdir` asks the system itself.
    replaced(process.env, { TMPDIR: folder }),
    replaced(process, { env }),
    replaced(timers, { setTimeout: abortableSleep }),
    replaced(AbortSignal, { timeout: signalAfter }),
    replaced(http, { request: simulatedRequest(network) }),
    replaced(Math, { random: () => jitter.fraction() }),
    replaced(console, { log: print, info: print, warn: print, error: print, debug: print }),
    ...[process.stdout, process.stderr].map((stream) =>
      replaced(stream, { write: (text: unknown) => printed.push(String(text)) > 0 }),
    ),
    () => useObjects(undefined),
    () => useTable(undefined),
  ];
  const s3 = { send: (command: Command) => bucket.send(command) } as unknown as S3;
  const dynamo = { send: (command: Command) => table.send(command) } as unknown as Dynamo;
  syncBuiltinESMExports();
  useObjects(guardedObjects(s3Store(s3), gate));
  useTable(guardedTable(dynamoTable(dynamo), gate));
  try {
    const lambdas = new Lambdas(world, random("lambdas"));
    const webhooks = random("webhooks").chance(0.3)
      ? new Webhooks(world, random("deliveries"), table, lambdas)
      : undefined;
    if (webhooks) world.faults.count("webhooks on");
    for (const { provider, batches } of services.values())
      batches.onEnd = (batch) => void world.runs.exit(() => webhooks?.deliver(provider, batch));
    const executions = new Executions(world, lambdas, webhooks);
    const states = new StepFunctions(world, executions, webhooks, gate);
    restores.push(
      replaced(SFNClient.prototype, { send: (command: Command) => states.send(command) } as object),
      ...installTenants(world, jobs),
      ...installAws(world, network, bucket, gate),
    );
    const parts = { world, jobs, bucket, table, services, executions, states, grants, requests: [] };
    options.sabotage?.(parts);
    await world.time.run(runToItsEnd(parts, lambdas, random("scenario")), LIMIT);
    return { ...parts, printed };
  } finally {
    world.time.uninstall();
    for (const restore of restores) restore();
    syncBuiltinESMExports();
    closeFilesIn(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}
