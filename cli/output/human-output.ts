/** Text for people: states as they pass, progress bars, and a report at the end. */
import type { EngineEvent } from "../../local/engine/engine-event.ts";
import { unixNow } from "../../shared/clock.ts";
import { messageOf } from "../../shared/errors.ts";
import { type BatchJobInfo, ProviderName } from "../../shared/models.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import type { JobStatus } from "../job/job-status.ts";
import type { Submission } from "../job/submit-file.ts";
import { whereText } from "./batch-lines.ts";
import { jobBars } from "./job-bars.ts";
import { counted, number, oneLine } from "./numbers.ts";
import type { FinishedRun, Output, RunStart } from "./output.ts";
import { AnswerPace } from "./pace.ts";
import { printJob, printReport } from "./report.ts";
import { type FailedTry, RetryLines } from "./retry-lines.ts";
import { printError } from "./safe-text.ts";
import { stateText } from "./state-lines.ts";
import { Terminal } from "./terminal.ts";

const NAME_WIDTH = 20;
/** Without a terminal, progress is printed each time another such share is done. */
const SHARE_PRINTED = 0.1;
const TROUBLE_WIDTH = 200;
/** Without a terminal, each batch is printed in jobs of up to so many. */
const BATCHES_PRINTED = 10;

const STATE_OF_JOB: Readonly<Record<Submission["state"], string>> = {
  new: "",
  running: "already running",
  resumed: "resumed",
  answered: "it has ended; nothing was sent",
};

/** For a terminal or a log. */
export class HumanOutput implements Output {
  readonly #terminal: Terminal;
  readonly #retries = new RetryLines();
  readonly #pace = new AnswerPace();
  /** Batch states that were printed: the first batch stands for all. */
  readonly #printed = new Set<string>();
  /** Why batches wait that a provider did not take: each such error was printed once. */
  readonly #troubles = new Set<string>();
  /** What was last printed of each batch of a job that runs elsewhere. */
  readonly #batches = new Map<number, string>();
  /** Whether the job runs in this process, whose events show what its batches do. */
  #hasEvents = false;
  #items = 0;
  #batchCount = 0;
  #sharePrinted = 0;

  constructor(terminal = new Terminal()) {
    this.#terminal = terminal;
  }

  begin({ file, provider, model, sandbox }: RunStart): void {
    const { colors } = this.#terminal;
    const known = ProviderName.safeParse(provider);
    const title = known.success ? PROFILES[known.data].title : provider;
    this.#terminal.line(`${colors.bold(file)} → ${title}, ${model}`);
    if (!sandbox) return;
    const who = sandbox.upstream
      ? `${sandbox.upstream} answers, with batches of this machine: ${title} is not called.`
      : `Sandbox: ${title} is not called; no model is asked, the answers are made up.`;
    this.#terminal.line(colors.yellow(who));
  }

  submitted({ job_id, state }: Submission): void {
    const text = STATE_OF_JOB[state];
    this.#terminal.line(`Job ${job_id}${text && `: ${this.#terminal.colors.bold(text)}`}`);
  }

  hint(text: string): void {
    this.#terminal.line(this.#terminal.colors.dim(`  ${text}`));
  }

  viewer(url: string, until?: string): void {
    const { colors } = this.#terminal;
    this.#terminal.line(`See it at ${colors.cyan(url)}${until ? ` ${until}` : ""}`);
  }

  event(event: EngineEvent): void {
    this.#hasEvents = true;
    if (event.type === "state") this.#state(event.name, event.batch);
    else if (event.type === "retry") this.#retry(event);
  }

  status(status: JobStatus): void {
    const { items, batches } = status;
    if (this.#items === 0 && items > 0) {
      this.#items = items;
      this.#batchCount = batches;
      this.#terminal.line(`  ${counted(items, "item")} in ${counted(batches, "batch", "batches")}`);
    }
    const now = unixNow();
    this.#pace.see(status.answered, now);
    if (items > 0 && !status.ended)
      this.#terminal.bars(jobBars(status, this.#pace, now, this.#terminal.width));
    this.#printTroubles(status);
    if (!this.#hasEvents && !this.#terminal.live) this.#printBatches(status);
    this.#printShare(status);
  }

  async end(run: FinishedRun): Promise<void> {
    this.#terminal.endBars();
    await printReport(run, this.#terminal);
  }

  ended(job: BatchJobInfo, advice: string): void {
    this.#terminal.endBars();
    printJob(job, this.#terminal);
    // A job that failed has no results.
    if (job.status !== "failed") this.#terminal.line(advice);
  }

  fail(error: unknown): void {
    this.#terminal.endBars();
    printError(messageOf(error));
  }

  interrupted(message: string): void {
    this.#terminal.release();
    this.#terminal.endBars();
    printError(message);
  }

  pause(): void {
    this.#terminal.hold();
  }

  resume(): void {
    this.#terminal.release();
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
    if (this.#printed.has(name)) return;
    this.#printed.add(name);
    const which = this.#batchCount > 1 ? `, first of ${number(this.#batchCount)} batches` : "";
    this.#terminal.line(
      `${this.#terminal.clock()}   ${name.padEnd(NAME_WIDTH - 2)} ${colors.dim(text + which)}`,
    );
  }

  /** A create that was refused or got lost fails no task, so no event tells of it. */
  #printTroubles({ begun }: JobStatus): void {
    for (const { state, record } of begun) {
      const { message } = record.trouble ?? {};
      if (state !== "waiting" || message === undefined || this.#troubles.has(message)) continue;
      this.#troubles.add(message);
      this.#terminal.line(this.#terminal.colors.yellow(`  ${oneLine(message, TROUBLE_WIDTH)}`));
    }
  }

  #printBatches({ begun, batches }: JobStatus): void {
    if (batches > BATCHES_PRINTED) return;
    for (const batch of begun) {
      const text = whereText(batch);
      if (this.#batches.get(batch.batch) === text) continue;
      this.#batches.set(batch.batch, text);
      this.#terminal.line(`${this.#terminal.clock()} batch ${batch.batch}: ${text}`);
    }
  }

  #printShare({ items, answered, batches, batchesDone }: JobStatus): void {
    if (this.#terminal.live || items === 0) return;
    const share = answered / items;
    const enough = share >= this.#sharePrinted + SHARE_PRINTED || (share === 1 && this.#sharePrinted < 1);
    if (!enough) return;
    this.#sharePrinted = share;
    const done = batches > 1 ? `, ${number(batchesDone)} of ${number(batches)} batches done` : "";
    this.#terminal.line(`  ${number(answered)} of ${counted(items, "item")}${done}`);
  }
}
