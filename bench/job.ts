/** One job through all its steps, each measured beside its floor. */

import { requestKey, resultsKey } from "../shared/keys.ts";
import { NO_COUNTS } from "../shared/models.ts";
import type { BatchState, FinishedJob, PreparedJob } from "../shared/payload.ts";
import { INVALID_EVERY, putInput } from "./input.ts";
import type { Measurement } from "./measure/meter.ts";
import { type Outcome, run } from "./measure/run.ts";
import { resultUrls } from "./result-urls.ts";
import type { Services } from "./services/services.ts";

/** The steps whose Lambdas stream. */
export const STEPS = ["prepare", "submit", "collect", "finalize"] as const;
export type Step = (typeof STEPS)[number];

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
}

/** Settings of a run. */
export interface JobOptions {
  /** Measure only this step; those before it run unmeasured all the same. */
  only?: Step | undefined;
  /** Options of node for the measured steps. */
  nodeOptions?: string[];
}

const MODEL = { openai: "gpt-4.1-mini", anthropic: "claude-sonnet-4-5" };

/** Runs a job; `name` tells it from others. @returns a measurement of each step, and the input's length in bytes */
export async function runJob(
  services: Services,
  name: string,
  { provider, items, lineBytes }: JobSize,
  options: JobOptions = {},
): Promise<{ bytes: number; steps: StepMeasurement[] }> {
  const { environment: env, s3 } = services;
  const key = `inbox/${name}.jsonl`;
  const bytes = await putInput(s3, key, { provider, model: MODEL[provider] }, items, lineBytes);
  const steps: StepMeasurement[] = [];
  const measure = async (
    step: Step,
    lambda: string,
    events: unknown[],
    floor: { sources: string[]; pipeTo?: string },
  ): Promise<Outcome> => {
    const wanted = options.only === undefined || options.only === step;
    const below = wanted ? await run({ kind: "floor", ...floor }, env) : null;
    const outcome = await run(
      {
        kind: "step",
        name: lambda,
        events,
        ...(step === "submit" || step === "collect" ? { provider } : {}),
      },
      env,
      wanted ? options.nodeOptions : [],
    );
    if (below) steps.push({ step, measured: outcome.measurement, floor: below.measurement });
    return outcome;
  };

  const prepare = { execution: `bench-${name}`, input: { key } };
  const [job] = (await measure("prepare", "prepare-job", [prepare], { sources: [key] })).outputs as [
    PreparedJob,
  ];
  const { job_id, batches } = job;
  if (options.only === "prepare") return { bytes, steps };
  const states = batches.map((batch) => ({ job_id, batch, round: 1, min_poll_seconds: 1 }));
  const requests = batches.map((batch) => requestKey(job_id, batch, 1));
  const pipe = { sources: requests, pipeTo: services.provider.sink };
  const submitted = (await measure("submit", "submit-batch", states, pipe)).outputs as BatchState[];
  if (options.only === "submit") return { bytes, steps };
  const ended = await pollToEnd(submitted, env);
  const sources = await resultUrls(services.provider, provider, job_id, batches.length);
  await measure("collect", "collect-results", ended, { sources });
  if (options.only === "collect") return { bytes, steps };
  // Unmeasured, the rows are joined once so that the floor has the same bytes to read.
  await run({ kind: "step", name: "finalize-job", events: [{ job_id }] }, env);
  const { outputs } = await measure("finalize", "finalize-job", [{ job_id }], {
    sources: [resultsKey(job_id)],
  });
  checkAnswers(outputs[0] as FinishedJob, items);
  return { bytes, steps };
}

/** Figures of a job that went wrong would be figures of something else. */
function checkAnswers({ info }: FinishedJob, items: number): void {
  const counts = JSON.stringify(info.counts);
  const invalid = Math.floor(items / INVALID_EVERY);
  const wanted = JSON.stringify({ ...NO_COUNTS, succeeded: items - invalid, invalid });
  if (counts !== wanted) throw new Error(`the job came to ${counts}, not to ${wanted}`);
}

async function pollToEnd(states: BatchState[], env: NodeJS.ProcessEnv): Promise<BatchState[]> {
  const ended: BatchState[] = [];
  let waiting = states;
  while (waiting.length > 0) {
    const { outputs } = await run({ kind: "step", name: "poll-status", events: waiting }, env);
    ended.push(...(outputs as BatchState[]).filter((state) => state.ended));
    waiting = (outputs as BatchState[]).filter((state) => !state.ended);
  }
  return ended;
}
