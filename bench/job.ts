/** One job through all its steps, each measured beside its floor. */
import { NO_COUNTS } from "../shared/money/sums.ts";
import { requestKey, resultsKey } from "../shared/objects/keys.ts";
import type { BatchState, FinishedJob, PreparedJob } from "../shared/payload.ts";
import { INVALID_EVERY, putInput } from "./input.ts";
import type { Bundles } from "./measure/bundle.ts";
import type { Measurement } from "./measure/meter.ts";
import { run } from "./measure/run.ts";
import { resultUrls } from "./result-urls.ts";
import { environmentOf, type Services } from "./services/services.ts";

/** The steps whose Lambdas stream. */
export const STEPS = ["prepare", "submit", "collect", "finalize"] as const;
export type Step = (typeof STEPS)[number];

const FOLDERS = {
  prepare: "prepare-job",
  submit: "submit-batch",
  collect: "collect-results",
  finalize: "finalize-job",
  poll: "poll-status",
} as const;

/** What a job is made of. */
export interface JobSize {
  provider: "openai" | "anthropic";
  items: number;
  /** Bytes of one input line, about. */
  lineBytes: number;
}

/** One step of one job, and the floor measured just before it. */
export interface StepMeasurement {
  step: Step;
  measured: Measurement;
  floor: Measurement;
  /** The floor that also writes what the step writes; of collect only. */
  written?: Measurement | undefined;
}

/** What a run needs. */
export interface JobSettings {
  services: Services;
  bundles: Bundles;
  /** Measure only this step, and stop after it. */
  only?: Step | undefined;
  /** Options of node for the measured steps. */
  nodeOptions: string[];
}

const MODEL = { openai: "gpt-4.1-mini", anthropic: "claude-sonnet-4-5" };

/** Items of a job that shows what a step does once for a batch; such a job also goes ahead of each and warms the step's process. */
export const SMALL_JOB = 100;

/** Runs a job. @returns a measurement of each step, and the input's length in bytes */
export async function runJob(
  size: JobSize,
  settings: JobSettings,
): Promise<{ bytes: number; steps: StepMeasurement[] }> {
  const { provider, items, lineBytes } = size;
  const { s3, provider: at } = settings.services;
  const metadata = { provider, model: MODEL[provider] };
  const keys = ["inbox/warm-up.jsonl", "inbox/items.jsonl"];
  await putInput(s3, "inbox/warm-up.jsonl", metadata, SMALL_JOB, lineBytes);
  const bytes = await putInput(s3, "inbox/items.jsonl", metadata, items, lineBytes);
  const steps: StepMeasurement[] = [];
  const measure = (step: Step, events: unknown[], sources: string[], pipeTo?: string) =>
    measureStep(step, events, sources, pipeTo, settings, steps);
  const stopAfter = (step: Step) => settings.only === step;

  const jobs = (await measure(
    "prepare",
    keys.map((key) => ({ execution: executionOf(key), input: { key } })),
    keys,
  )) as PreparedJob[];
  if (stopAfter("prepare")) return { bytes, steps };
  const states = jobs.flatMap(({ job_id, batches }) =>
    batches.map((batch) => ({ job_id, batch, round: 1, min_poll_seconds: 1 })),
  );
  const requests = states.map(({ job_id, batch, round }) => requestKey(job_id, batch, round));
  const submitted = (await measure("submit", states, requests, at.sink)) as BatchState[];
  if (stopAfter("submit")) return { bytes, steps };
  const ended = await pollToEnd(submitted, settings);
  await measure("collect", ended, await resultUrls(at, provider));
  if (stopAfter("collect")) return { bytes, steps };
  const ends = jobs.map(({ job_id }, at) => ({ job_id, execution: executionOf(keys[at] ?? "") }));
  // Unmeasured, the rows are joined once so that the floor has the same bytes to read.
  await runStep("finalize", ends, settings, []);
  const results = jobs.map(({ job_id }) => resultsKey(job_id));
  const finished = (await measure("finalize", ends, results)) as FinishedJob[];
  checkAnswers(finished[1], items);
  return { bytes, steps };
}

/** The execution that has the job of an input. */
function executionOf(key: string): string {
  return `bench-${key}`;
}

/** Runs a floor and then its step. The first event, and the first source, only warm up. */
async function measureStep(
  step: Step,
  events: unknown[],
  sources: string[],
  pipeTo: string | undefined,
  settings: JobSettings,
  steps: StepMeasurement[],
): Promise<unknown[]> {
  const wanted = settings.only === undefined || settings.only === step;
  if (!wanted) return (await runStep(step, events, settings, [])).outputs;
  const [warmUp = "", ...rest] = sources;
  const work = { warmUp, sources: rest, ...(pipeTo && { pipeTo }) };
  const floor = await run(settings.bundles.path("floor"), work, settings.services.environment);
  const written =
    step === "collect"
      ? await run(settings.bundles.path("floor"), { ...work, writes: true }, settings.services.environment)
      : undefined;
  const { measurement, outputs } = await runStep(step, events, settings, settings.nodeOptions);
  steps.push({ step, measured: measurement, floor: floor.measurement, written: written?.measurement });
  return outputs;
}

async function runStep(step: Step | "poll", events: unknown[], settings: JobSettings, nodeOptions: string[]) {
  const folder = FOLDERS[step];
  const [warmUp, ...rest] = events;
  const outcome = await run(
    settings.bundles.path(folder),
    { warmUp, events: rest },
    environmentOf(folder, settings.services),
    nodeOptions,
  );
  return { measurement: outcome.measurement, outputs: [outcome.warmOutput, ...outcome.outputs] };
}

async function pollToEnd(states: BatchState[], settings: JobSettings): Promise<BatchState[]> {
  for (let polled = states; ; ) {
    polled = (await runStep("poll", polled, settings, [])).outputs as BatchState[];
    if (polled.every((state) => state.ended)) return polled;
  }
}

/** Figures of a job that went wrong would be figures of something else. */
function checkAnswers(job: FinishedJob | undefined, items: number): void {
  const counts = JSON.stringify(job?.info.counts);
  const invalid = Math.floor(items / INVALID_EVERY);
  const wanted = JSON.stringify({ ...NO_COUNTS, succeeded: items - invalid, invalid });
  if (counts !== wanted) throw new Error(`the job came to ${counts}, not to ${wanted}`);
}
