/** Runs a piece of work in a process of its own and brings back what it used. */
import { fork } from "node:child_process";
import { buffer } from "node:stream/consumers";
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
  /** Pipe the bytes there. */
  pipeTo?: string | undefined;
  /** Read a table with csv-parse or hyparquet alone. With neither, parse the lines and write them back to S3. */
  table?: "csv" | "parquet" | undefined;
  /** Also write, the shortest way, what the step writes: of Parquet the requests, of results the rows. */
  writes?: boolean;
}

/** What came of it. */
export interface Outcome {
  measurement: Measurement;
  warmOutput: unknown;
  /** What the handler returned for each event. */
  outputs: unknown[];
  /** Bytes that it logged. */
  logBytes: number;
}

/** Runs `program`; `nodeOptions` go to node itself (`--cpu-prof`). @throws Error when the process fails */
export function run(
  program: string,
  work: StepWork | FloorWork,
  env: NodeJS.ProcessEnv,
  nodeOptions: string[] = [],
): Promise<Outcome> {
  const child = fork(program, [JSON.stringify(work)], {
    env,
    execArgv: nodeOptions,
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  const logged = child.stdout ? buffer(child.stdout) : Promise.resolve(Buffer.alloc(0));
  return new Promise((resolve, reject) => {
    let outcome: Omit<Outcome, "logBytes"> | undefined;
    child.on("message", (message) => {
      outcome = message as typeof outcome;
      child.disconnect();
    });
    child.on("exit", (code) => {
      if (!outcome) return reject(new Error(`${program} ended with code ${code}`));
      const { measurement, warmOutput, outputs } = outcome;
      logged.then(({ length }) => resolve({ measurement, warmOutput, outputs, logBytes: length }), reject);
    });
  });
}
