/** JSON lines on stdout: events as they come, and the summary last. Neither prompts nor answers. */
import type { EngineEvent } from "../../local/engine/engine-event.ts";
import { messageOf } from "../../shared/errors.ts";
import type { BatchJobInfo } from "../../shared/models.ts";
import type { JobStatus } from "../job/job-status.ts";
import type { Submission } from "../job/submit-file.ts";
import type { FinishedRun, Output, RunStart } from "./output.ts";
import { printError, printJson } from "./safe-text.ts";

/** For programs. Errors go to stderr too, as text. */
export class JsonOutput implements Output {
  #last = "";

  begin({ file, provider, model, sandbox }: RunStart): void {
    printJson({ type: "begin", file, provider, model, sandbox: sandbox !== undefined });
  }

  submitted({ job_id, state }: Submission): void {
    printJson({ type: "job", job_id, state });
  }

  hint(): void {}

  viewer(url: string): void {
    printJson({ type: "viewer", url });
  }

  event(event: EngineEvent): void {
    // What a task returned is the workflow's own business; progress shows what matters of it.
    if (event.type !== "returned") printJson(event);
  }

  status({ answered, items, batches, batchesDone }: JobStatus): void {
    const progress = { type: "progress", answered, items, batches, batchesDone };
    const text = JSON.stringify(progress);
    if (text === this.#last || batches === 0) return;
    this.#last = text;
    printJson(progress);
  }

  async end({ summary, files, report, alreadyAnswered }: FinishedRun): Promise<void> {
    if (summary.status === "failed") printError(summary.error ?? "the job failed");
    printJson({ type: "summary", ...summary, already_answered: alreadyAnswered, files, report });
  }

  ended(job: BatchJobInfo): void {
    if (job.status === "failed") printError(job.error ?? "the job failed");
    printJson({ type: "summary", ...job });
  }

  fail(error: unknown): void {
    printJson({ type: "error", message: messageOf(error) });
    printError(messageOf(error));
  }

  interrupted(message: string): void {
    printJson({ type: "interrupted", message });
    printError(message);
  }

  // stdout is a program's: it may continue under a question on stderr.
  pause(): void {}

  resume(): void {}
}
