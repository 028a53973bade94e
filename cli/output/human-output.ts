/** Text for people: states as they pass, a progress bar, and a report at the end. */

import type { Progress } from "../../local/progress.ts";
import type { FinishedRun, RunEvent } from "../../local/run-file.ts";
import { messageOf } from "../../shared/errors.ts";
import { ProviderName } from "../../shared/models.ts";
import { PROVIDERS } from "../job-settings.ts";
import { number } from "./numbers.ts";
import type { Output, RunStart } from "./output.ts";
import { printReport } from "./report.ts";
import { type FailedTry, RetryLines } from "./retry-lines.ts";
import { stateText } from "./state-lines.ts";
import { Terminal } from "./terminal.ts";

const NAME_WIDTH = 20;
/** Without a terminal, progress is told each time another such share is done. */
const SHARE_TOLD = 0.1;

/** For a terminal or a log. */
export class HumanOutput implements Output {
  readonly #terminal = new Terminal();
  readonly #retries = new RetryLines();
  /** Batch states that were told: the first batch speaks for all. */
  readonly #told = new Set<string>();
  #progress: Progress = { answered: 0, items: 0, batches: 0, batchesDone: 0 };
  #shareTold = 0;

  begin({ file, provider, model, sandbox }: RunStart): void {
    const { colors } = this.#terminal;
    const known = ProviderName.safeParse(provider);
    const title = known.success ? PROVIDERS[known.data].title : provider;
    this.#terminal.line(`${colors.bold(file)} → ${title}, ${model}`);
    if (!sandbox) return;
    const who = sandbox.upstream
      ? `${sandbox.upstream} answers`
      : "no model is asked, the answers are made up";
    this.#terminal.line(colors.yellow(`Sandbox: ${title} is not called; ${who}.`));
  }

  event(event: RunEvent): void {
    if (event.type === "job") this.#job(event.job_id, event.state);
    else if (event.type === "state") this.#state(event.name, event.batch);
    else if (event.type === "retry") this.#retry(event);
    else if (event.type === "progress") this.#moved(event);
  }

  async end(run: FinishedRun): Promise<void> {
    this.#terminal.endProgress();
    await printReport(run, this.#terminal);
  }

  fail(error: unknown): void {
    this.#terminal.endProgress();
    console.error(`nightshift: ${messageOf(error)}`);
  }

  interrupted(message: string): void {
    this.#terminal.endProgress();
    console.error(`nightshift: ${message}`);
  }

  #job(job_id: string, state: "new" | "resumed" | "answered"): void {
    const { colors } = this.#terminal;
    if (state === "new") this.#terminal.line(`Job ${job_id}`);
    if (state === "resumed") this.#terminal.line(`Job ${job_id}: ${colors.bold("going on where it was")}`);
    if (state === "answered")
      this.#terminal.line(`Job ${job_id}: ${colors.bold("already answered; nothing was sent")}`);
  }

  #retry(failed: FailedTry): void {
    const text = this.#retries.text(failed);
    if (text) this.#terminal.line(this.#terminal.colors.yellow(`  ${text}`));
  }

  #state(name: string, batch: number | undefined): void {
    const text = stateText(name, batch !== undefined);
    if (text === undefined) return;
    const { colors } = this.#terminal;
    if (batch === undefined) {
      this.#terminal.line(
        `${this.#terminal.clock()} ${colors.cyan(name)}${text && colors.dim(`${" ".repeat(NAME_WIDTH - name.length)} ${text}`)}`,
      );
      return;
    }
    if (this.#told.has(name)) return;
    this.#told.add(name);
    const which = this.#progress.batches > 1 ? `, first of ${number(this.#progress.batches)} batches` : "";
    this.#terminal.line(
      `${this.#terminal.clock()}   ${name.padEnd(NAME_WIDTH - 2)} ${colors.dim(text + which)}`,
    );
  }

  #moved(progress: Progress): void {
    const { items, batches, answered, batchesDone } = progress;
    if (this.#progress.items === 0 && items > 0) {
      this.#terminal.line(
        `  ${number(items)} items in ${number(batches)} ${batches === 1 ? "batch" : "batches"}`,
      );
    }
    this.#progress = progress;
    this.#terminal.progress(progress);
    if (this.#terminal.live || items === 0) return;
    const share = answered / items;
    const enough = share >= this.#shareTold + SHARE_TOLD || (share === 1 && this.#shareTold < 1);
    if (!enough) return;
    this.#shareTold = share;
    const done = batches > 1 ? `, ${number(batchesDone)} of ${number(batches)} batches done` : "";
    this.#terminal.line(`  ${number(answered)} of ${number(items)} items${done}`);
  }
}
