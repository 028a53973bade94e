/** JSON lines on stdout: events as they come, and the summary last. Neither prompts nor answers. */

import type { FinishedRun, RunEvent } from "../../local/run-file.ts";
import { messageOf } from "../../shared/errors.ts";
import { printJson } from "./json-lines.ts";
import type { Output, RunStart } from "./output.ts";

/** For programs. Errors go to stderr too, as text. */
export class JsonOutput implements Output {
  begin({ file, provider, model, sandbox }: RunStart): void {
    printJson({ type: "begin", file, provider, model, sandbox: sandbox !== undefined });
  }

  event(event: RunEvent): void {
    // What a task returned is the workflow's own business; progress tells what matters of it.
    if (event.type !== "returned") printJson(event);
  }

  async end({ summary, files, alreadyAnswered }: FinishedRun): Promise<void> {
    if (summary.status === "failed") console.error(`nightshift: ${summary.error}`);
    printJson({ type: "summary", ...summary, already_answered: alreadyAnswered, files });
  }

  fail(error: unknown): void {
    printJson({ type: "error", message: messageOf(error) });
    console.error(`nightshift: ${messageOf(error)}`);
  }

  interrupted(message: string): void {
    printJson({ type: "interrupted", message });
    console.error(`nightshift: ${message}`);
  }
}
