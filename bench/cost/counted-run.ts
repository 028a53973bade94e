/** Runs the state machine's own definition, each Lambda in a process of its own, and counts. */
import { StateMachine } from "aws-local-stepfunctions";
import { synthesizedDefinition } from "../../infra/programs/definition.ts";
import type { TestProvider } from "../../test/workflow/items.ts";

import { putInput } from "../input.ts";
import { bundlePrograms } from "../measure/bundle.ts";
import { run } from "../measure/run.ts";
import { startServices } from "../services/services.ts";
import { NO_USAGE, plus, type Usage, usageOf } from "./usage.ts";

/** What one job was counted to use. */
export interface CountedRun {
  batches: number;
  /** State transitions but for those of looks at a batch that runs on. */
  transitions: number;
  /** By the name of the Lambda; looks at a batch that runs on are `LOOK`'s. */
  usage: Record<string, Usage>;
}

/** The name under which looks are counted that found a batch still running. */
export const LOOK = "poll-status, still running";

/** States of one such look: `WaitForProvider`, `PollStatus`, `BatchEnded?`. */
export const LOOK_STATES = 3;

/** Long enough that each batch is found running at least once. */
const LATENCY_SECONDS = 8;

const MODEL = { openai: "gpt-4.1-mini", anthropic: "claude-sonnet-4-5" };

/** Runs a job of `items` of about 1 KB, one batch after the other, waits cut to nothing. */
export async function countedRun(provider: TestProvider, items: number): Promise<CountedRun> {
  const services = await startServices(LATENCY_SECONDS);
  const bundles = await bundlePrograms(false);
  const usage: Record<string, Usage> = {};
  let transitions = 0;
  let batches = 0;
  const call = async (folder: string, input: unknown) => {
    const lambda = folder.replace("functions/", "");
    await services.counts();
    const { measurement, outputs, logBytes } = await run(
      bundles.path(lambda),
      { events: [input] },
      services.environment,
    );
    const output = outputs[0] as { ended?: boolean; submitted?: boolean };
    const name = lambda === "poll-status" && !output.ended ? LOOK : lambda;
    if (name === LOOK) transitions -= LOOK_STATES;
    if (lambda === "submit-batch" && output.submitted) batches++;
    const used = usageOf(measurement.cpu + measurement.startCpu, logBytes, await services.counts());
    usage[name] = plus(usage[name] ?? NO_USAGE, used);
    return output;
  };
  try {
    const key = "inbox/items.jsonl";
    await putInput(services.s3, key, { provider, model: MODEL[provider] }, items, 1000);
    const { definition, tasks } = synthesizedDefinition();
    const machine = new StateMachine(definition, { validationOptions: { checkArn: false } });
    const handlers = Object.entries(tasks).map(([state, resource]) => [
      state,
      resource.startsWith("functions/") ? (input: unknown) => call(resource, input) : async () => ({}),
    ]);
    const input = { key, job: { max_concurrent_batches: 1, min_poll_seconds: 1 } };
    const started = machine.run(input, {
      overrides: {
        taskResourceLocalHandlers: Object.fromEntries(handlers),
        waitTimeOverrides: { WaitForProvider: 100, WaitForCapacity: 100 },
      },
      context: { Execution: { Id: "cost", Name: "cost", Input: input, StartTime: new Date().toISOString() } },
    });
    for await (const log of started.eventLogs) if (log.type === "StateEntered") transitions++;
    await started.result;
  } finally {
    services.close();
    bundles.close();
  }
  if (!usage[LOOK]) throw new Error("no batch was found running: the looks cannot be counted");
  // The start of an execution is a transition as well: the job's and each batch's.
  return { batches, transitions: transitions + 1 + batches, usage };
}
