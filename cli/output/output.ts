/** What the command prints of a job, for people or for programs. */
import type { EngineEvent } from "../../local/engine/engine-event.ts";
import type { BatchJobInfo } from "../../shared/models.ts";
import type { JobStatus } from "../job/job-status.ts";
import type { Submission } from "../job/submit-file.ts";
import type { JobSummary } from "../results/summary.ts";
import type { GenerationFiles } from "../retry/merged-files.ts";

export interface RunStart {
  file: string;
  provider: string;
  model: string;
  /** Given: the sandbox answers, or the server that it asks. */
  sandbox: { upstream: string | undefined } | undefined;
}

export interface FinishedRun {
  /** The job as it ended; with `status` `failed` and an `error` when it could not be finished. */
  summary: JobSummary;
  /** Null when the job failed before it had results. */
  files: GenerationFiles | null;
  /** The report of a job that has no other files. */
  report?: string | undefined;
  /** Whether an earlier run had answered everything, and this one sent nothing. */
  alreadyAnswered: boolean;
}

/** Where a job's events and its end go: text for people, or JSON lines. */
export interface Output {
  begin(start: RunStart): void;
  submitted(submission: Submission): void;
  /** What people may want to do instead, or next. */
  hint(text: string): void;
  /** The viewer's address, and until when it answers. */
  viewer(url: string, until?: string): void;
  /** What happens in an execution that runs in this process. */
  event(event: EngineEvent): void;
  /** The job's status, at every read. */
  status(status: JobStatus): void;
  /** The end of a job whose results are here. */
  end(run: FinishedRun): Promise<void>;
  /** The end of a job whose results are where they were. `advice`: how to get them. */
  ended(job: BatchJobInfo, advice: string): void;
  /** An error outside the job itself. */
  fail(error: unknown): void;
  interrupted(message: string): void;
  /** Prints nothing more until `resume`: a question stands on the terminal. */
  pause(): void;
  /** Prints what came meanwhile, and continues. */
  resume(): void;
}
