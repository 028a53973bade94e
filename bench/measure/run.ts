/** Runs a piece of work in a process of its own and brings back what it used. */
import { fork } from "node:child_process";
import { join } from "node:path";
import type { Measurement } from "./meter.ts";

/** What a measured process does. */
export type Work =
  | {
      kind: "step";
      /** Folder in `functions/`. */
      name: string;
      events: unknown[];
      /** Whose SDK a warm Lambda would have loaded. */
      provider?: string;
    }
  | {
      kind: "floor";
      /** Keys in S3, or URLs. */
      sources: string[];
      /** Pipe the bytes there; when not given, parse the lines and write them back to S3. */
      pipeTo?: string;
    };

/** What came of it. */
export interface Outcome {
  measurement: Measurement;
  /** What the handler returned for each event. */
  outputs: unknown[];
}

/** Runs it; `nodeOptions` go to node itself (`--cpu-prof`). @throws Error when the process fails */
export function run(work: Work, env: NodeJS.ProcessEnv, nodeOptions: string[] = []): Promise<Outcome> {
  const program = join(import.meta.dirname, `${work.kind}.ts`);
  const child = fork(program, [JSON.stringify(work)], { env, execArgv: nodeOptions });
  return new Promise((resolve, reject) => {
    let outcome: Outcome | undefined;
    child.on("message", (message) => {
      outcome = message as Outcome;
      child.disconnect();
    });
    child.on("exit", (code) => {
      if (outcome) resolve(outcome);
      else reject(new Error(`${work.kind} ${work.kind === "step" ? work.name : ""} ended with code ${code}`));
    });
  });
}
