/** Where jobs run: the embedded engine of a data folder, or a deployed stack. */
import type { EngineEvent } from "../../local/engine/engine-event.ts";
import { UsageError } from "../exit-codes.ts";

/**
 * One of the two, opened. The process's environment leads to its bucket and its table, so that the functions
 * of `shared/` read and write there.
 */
export interface Backend extends AsyncDisposable {
  /** The options that lead here again, as a command line has them: ` --stack Nightshift`; empty for the default. */
  readonly options: string;
  /** Whether the sandbox stands for the provider: no provider is paid. */
  readonly sandbox: boolean;
  /** Who answers, where it is not the provider at its own address: `sandbox`, a URL, or `stack NAME`. */
  readonly origin: string | undefined;
  /** The folder of all local state: what is known here of a stack's jobs is in it, too. */
  readonly dataDir: string;
  /** Whether executions that it starts run in this process. */
  readonly ownProcess: boolean;
  /** Seconds between two reads of a job that is followed. */
  readonly pollSeconds: number;
  /** Seconds for which a followed job may have no execution that runs it: another is to take it over within them. */
  readonly patienceSeconds: number;
  /** Starts an execution, once however often it is called. @returns its id, as records of jobs have it */
  start(execution: NewExecution): Promise<string>;
  /** Resumes a job whose execution is dead. @returns the new execution's id */
  resume(id: string, execution: NewExecution): Promise<string>;
  execution(id: string): Promise<ExecutionState>;
  /** Called before this process ends with jobs under way: where they run in it, another process takes them over. */
  leave(): void;
  close(): Promise<void>;
}

export interface NewExecution {
  /** A name of up to 80 characters: the same for the same start. */
  name: string;
  job_id: string;
  /** The provider as the settings name it. */
  provider: string;
  input: { key: string; job_key: string; version_id?: string };
}

export interface ExecutionState {
  alive: boolean;
  /** What it does, or how it ended, for a person. */
  text: string;
  /** What a person can do when it is not alive. */
  advice?: string;
}

export type BackendUse =
  /** To start a job and follow it to its end; `onEvent` gets its events when it runs in this process. */
  | { kind: "run"; onEvent: (event: EngineEvent) => void }
  /** To start a job that continues without this process. */
  | { kind: "submit" }
  /** To read jobs and results. */
  | { kind: "read" }
  /** To read a job, by the beginning of its id, and to make sure that a process runs it. */
  | { kind: "tend"; job: string };

export class NothingThereError extends UsageError {
  override name = "NothingThereError";
}
