/** Runs a piece of work in a process of its own and brings back what it used. */
import { fork } from "node:child_process";
import type { Measurement } from "./meter.ts";

/** A handler and its events. */
export interface StepWork {
  /** Handled first and not measured: a small job, so that what is measured is a warm Lambda. Without it, a cold one. */
  warmUp?: unknown;
  events: unknown[];
}

/** The least that moves the same bytes as a step. */
export interface FloorWork {
  /** Moved first and not measured. */
  warmUp: string;
  /** Keys in S3, or URLs. */
  sources: string[];
  /** Pipe the bytes there; when not given, parse the lines and write them back to S3. */
  pipeTo?: string;
}

/** What came of it. */
export interface Outcome {
  measurement: Measurement;
  warmOutput: unknown;
  /** What the handler returned for each event. */
  outputs: unknown[];
}

/** Runs `program`; `nodeOptions` go to node itself (`--cpu-prof`). @throws Error when the process fails */
export function run(
  program: string,
  work: StepWork | FloorWork,
  env: NodeJS.ProcessEnv,
  nodeOptions: string[] = [],
): Promise<Outcome> {
  const child = fork(program, [JSON.stringify(work)], { env, execArgv: nodeOptions });
  return new Promise((resolve, reject) => {
    let outcome: Outcome | undefined;
    child.on("message", (message) => {
      outcome = message as Outcome;
      child.disconnect();
    });
    child.on("exit", (code) => {
      if (outcome) resolve(outcome);
      else reject(new Error(`${program} ended with code ${code}`));
    });
  });
}
