/** What the command tells, whoever reads it. */
import type { FinishedRun, RunEvent } from "../../local/run-file.ts";
import type { SandboxUse } from "../../local/sandbox-run.ts";

/** What is about to be run. */
export interface RunStart {
  file: string;
  provider: string;
  model: string;
  sandbox: SandboxUse | undefined;
}

/** Where a run's events and its end go: text for people, or JSON lines. */
export interface Output {
  begin(start: RunStart): void;
  event(event: RunEvent): void;
  end(run: FinishedRun): Promise<void>;
  /** An error outside the job itself. */
  fail(error: unknown): void;
  interrupted(message: string): void;
}
