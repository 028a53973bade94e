/** Retries that a person started in the viewer: `nightshift retry`, in processes of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { programFile } from "../../shared/package-root.ts";
import type { PlaceFlags } from "../options.ts";

export interface RetryState {
  running: boolean;
  /** The end of what it printed. */
  text: string;
}

const COMMAND = programFile("cli/nightshift");
/** Characters that are kept of what a retry prints. */
const KEPT = 4000;

export class Retries {
  readonly #options: string[];
  readonly #states = new Map<string, RetryState>();
  readonly #running = new Set<ChildProcess>();
  /** As it was before a backend set what leads to its bucket and table. */
  readonly #env = { ...process.env };

  constructor({ dataDir, stack, sandbox, upstream }: PlaceFlags) {
    this.#options = [
      ...(stack === undefined ? ["--data-dir", dataDir] : ["--stack", stack]),
      ...(sandbox ? ["--sandbox"] : []),
      ...(upstream === undefined ? [] : ["--upstream", upstream]),
    ];
  }

  of(job_id: string): RetryState | undefined {
    return this.#states.get(job_id);
  }

  /** Starts one, unless one runs. */
  start(job_id: string, realTime: boolean): void {
    if (this.#states.get(job_id)?.running) return;
    const state: RetryState = { running: true, text: "" };
    this.#states.set(job_id, state);
    const how = realTime ? ["--real-time"] : [];
    const child = spawn(process.execPath, [COMMAND, "retry", job_id, ...how, ...this.#options], {
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#running.add(child);
    const add = (text: string) => {
      state.text = (state.text + text).slice(-KEPT);
    };
    child.stdout.setEncoding("utf8").on("data", add);
    child.stderr.setEncoding("utf8").on("data", add);
    child.once("error", ({ message }) => add(message));
    child.once("close", () => {
      state.running = false;
      this.#running.delete(child);
    });
  }

  /** Ends those that run: the same command resumes them. */
  close(): void {
    for (const child of this.#running) child.kill();
  }
}
