/**
 * Whole jobs on the embedded engine against the sandbox: the synthesized state machine, the deployed
 * handlers, a bucket and a table in a folder. Nothing is mocked; only waits are short, and a call that a
 * Lambda's policy does not allow is refused.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, onTestFinished } from "vitest";
import { type Engine, type EngineOptions, startEngine } from "../../local/engine/engine.ts";
import type { EngineEvent } from "../../local/engine/engine-event.ts";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../local/sandbox/sandbox.ts";
import { BatchJobInfo, BatchResult } from "../../shared/models.ts";
import { ENV } from "../../shared/names.ts";
import { failedKey, resultsKey, summaryKey } from "../../shared/objects/keys.ts";
import { putObject, readText } from "../../shared/objects/objects.ts";
import type { LimitOverrides } from "../../shared/providers/formats.ts";
import { type JobRecord, readJob } from "../../shared/records/job-record.ts";
import { readSource } from "../../shared/workflow/job-source.ts";
import { linesOf } from "../workflow/items.ts";
import { guardEngine } from "./guarded-engine.ts";

export * from "../workflow/items.ts";

/** What a test uploads and how it starts the job. */
export interface JobInput {
  /** The settings in the execution's input. */
  job?: Record<string, unknown>;
  /** The object's user metadata. */
  metadata?: Record<string, string>;
  /** File name in the inbox. Default: a new one for each job. */
  name?: string;
  /** The execution's name. Default: a new one for each run. */
  execution?: string;
  /** Whether the trigger starts it, which gives no settings. */
  uploaded?: true;
}

/** Everything a job came to. */
export interface JobRun {
  job_id: string;
  key: string;
  /** Why the execution failed; undefined when it succeeded. */
  error: string | undefined;
  /** The execution's output; undefined when it failed. */
  output: unknown;
  record: JobRecord | null;
  /** The lines of `results.jsonl`; none when there is no such object. */
  results: BatchResult[];
  /** `failed.jsonl`, or null. */
  failed: string | null;
  summary: BatchJobInfo | null;
  /** What the engine told while the job ran. */
  events: EngineEvent[];
}

/** One engine for a test file. */
export interface World {
  engine: Engine;
  /** Where the engine keeps its data. */
  dir: string;
  /** Starts a sandbox for this test, and points both providers to it. */
  sandbox(options?: SandboxOptions): Promise<Sandbox>;
  /** Lowers the providers' limits, for this test. */
  limits(limits: LimitOverrides): void;
  /** Uploads an input and runs its job to the end. */
  run(body: string[] | string | Uint8Array, input?: JobInput): Promise<JobRun>;
  /** Runs a job on an object that is there already. */
  runAgain(key: string, input?: JobInput): Promise<JobRun>;
}

let serial = 0;

/**
 * Starts the engine for a test file; it ends with the file. Seconds after a lost create: see `ENV.createSettle`. `park`: see
 * `EngineOptions`.
 */
export async function startWorld({
  settleSeconds = 0.3,
  ...options
}: { settleSeconds?: number } & Pick<EngineOptions, "park"> = {}): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-world-"));
  process.env[ENV.createSettle] = String(settleSeconds);
  let events: EngineEvent[] = [];
  const engine = await startEngine({
    dir,
    waitSeconds: 0.02,
    onEvent: (event) => events.push(event),
    ...options,
  });
  guardEngine(engine.stores);
  afterAll(async () => {
    await engine.close();
    rmSync(dir, { recursive: true, force: true });
  });

  async function runAgain(key: string, { job, execution, uploaded }: JobInput = {}): Promise<JobRun> {
    events = [];
    const input = uploaded
      ? { bucket: { name: "the bucket" }, object: { key } }
      : { key, ...(job && { job }) };
    const { job_id } = await readSource(input);
    const ended = await engine.run(execution ?? `execution-${++serial}`, input).then(
      (output) => ({ output, error: undefined }),
      (error: Error) => ({ output: undefined, error: error.message }),
    );
    const text = await readText(resultsKey(job_id));
    const summary = await readText(summaryKey(job_id));
    return {
      job_id,
      key,
      ...ended,
      record: await readJob(job_id),
      results: linesOf(text ?? "").map((line) => BatchResult.parse(JSON.parse(line))),
      failed: await readText(failedKey(job_id)),
      summary: summary === null ? null : BatchJobInfo.parse(JSON.parse(summary)),
      events,
    };
  }

  return {
    engine,
    dir,
    async sandbox(options) {
      const sandbox = await startSandbox({ latencySeconds: 0.1, ...options });
      onTestFinished(() => sandbox.close());
      pointTo(sandbox);
      return sandbox;
    },
    limits(limits) {
      process.env[ENV.providerLimits] = JSON.stringify(limits);
      onTestFinished(() => {
        process.env[ENV.providerLimits] = "{}";
      });
    },
    async run(body, input = {}) {
      const key = await upload(body, input);
      return runAgain(key, input);
    },
    runAgain,
  };
}

/** Sets the environment for calls to a sandbox. A new key each time: clients are kept by key. */
function pointTo(sandbox: Sandbox): void {
  process.env.OPENAI_BASE_URL = sandbox.openaiBaseUrl;
  process.env.ANTHROPIC_BASE_URL = sandbox.anthropicBaseUrl;
  process.env.OPENAI_API_KEY = process.env.ANTHROPIC_API_KEY = `test-key-${++serial}`;
}

/** Puts an input into the inbox. @returns its key */
export async function upload(body: string[] | string | Uint8Array, input: JobInput = {}): Promise<string> {
  const key = `inbox/${input.name ?? `data-${++serial}.jsonl`}`;
  const text = Array.isArray(body) ? `${body.join("\n")}\n` : body;
  const Body = typeof text === "string" ? Buffer.from(text) : text;
  await putObject(key, Body, { metadata: input.metadata });
  return key;
}

/** Names of the states that a run passed through. */
export function statesOf({ events }: JobRun): string[] {
  return events.flatMap((event) => (event.type === "state" ? [event.name] : []));
}
