/** Asks the items of a round in real time, as many at once as the provider accepts. */
import type { JobSpec } from "../../shared/models.ts";
import { wireId } from "../../shared/objects/keys.ts";
import { type AskedNow, askNow, type SpentNow } from "../../shared/providers/ask-now.ts";
import { NoRateError, Pacer, type Turn } from "../../shared/providers/pacer.ts";
import type { Provider } from "../../shared/providers/provider.ts";
import type { BatchRecord } from "../../shared/records/batch-record.ts";
import { readJob } from "../../shared/records/job-record.ts";
import type { AskingEnd } from "../../shared/records/lifecycle/real-time.ts";
import { TakenOverError } from "../../shared/records/lifecycle/taken-over.ts";
import { firstAtOnce, readPace, writePace } from "../../shared/records/pace.ts";
import { note } from "../../shared/telemetry.ts";
import type { LongStepDeps } from "../../shared/workflow/batch-step.ts";
import type { Budget } from "./budget.ts";
import { itemsOf, type OpenItem } from "./items.ts";
import type { Journal } from "./journal.ts";

/** Seconds that a run waits for answers under way once it asks nothing more: a Lambda has 300 beyond `RUN_SECONDS`. */
const LAST_ANSWERS = 200;
/** The same after a cancel, when a person waits. */
const LAST_ANSWERS_OF_CANCELLED = 30;
/** Milliseconds between two checks of the clock, and checks between two reads of the job's record. */
const [CHECK, CHECKS_PER_READ] = [1000, 5];

export interface Asking {
  record: BatchRecord;
  spec: JobSpec;
  bytes_per_token: number | undefined;
  journal: Journal;
  budget: Budget;
  provider: Provider;
  deps: LongStepDeps;
}

/** How a round ends. */
type End = Pick<AskingEnd, "status" | "error">;

const CANCELLED: End = { status: "cancelled", error: "the job was cancelled before this was asked" };
const LATE: End = { status: "expired", error: "the job's deadline passed before this was asked" };

/**
 * Asks until all items have an answer, or the run or the job is to end. @returns null when there is more to ask
 * @throws ProviderAuthError when the provider rejects the key
 */
export async function askItems(asking: Asking): Promise<End | null> {
  const { record, deps } = asking;
  const pacer = new Pacer(firstAtOnce(await readPace(record, deps.now())));
  const run = new Run(asking, pacer);
  const end = await run.toEnd();
  const { measured, limits } = pacer;
  if (measured) {
    const pace = {
      seconds_per_answer: Math.max(measured.seconds, 0.001),
      at_once: pacer.atOnce,
      requests_per_minute: limits.requests?.limit,
      tokens_per_minute: limits.tokens?.limit,
      tokens_per_request: measured.tokens,
    };
    note({ seconds_per_answer: measured.seconds, at_once: pacer.atOnce });
    await writePace(record, pace, deps.now());
  }
  return end;
}

class Run {
  readonly #asking: Asking;
  readonly #pacer: Pacer;
  /** Aborted when no more requests begin (`feeding`), and when answers are no longer waited for (`stop`). */
  readonly #feeding = new AbortController();
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #startedAt: number;
  /** How the round ends although items have no answer; `pause`: the next run resumes it. */
  #end: End | "pause" | undefined;
  #failure: { error: unknown } | undefined;
  /** Ends the wait for answers under way, at `lastAt` in Unix seconds. */
  #last: NodeJS.Timeout | undefined;
  #lastAt = Number.POSITIVE_INFINITY;

  constructor(asking: Asking, pacer: Pacer) {
    this.#asking = asking;
    this.#pacer = pacer;
    this.#startedAt = asking.deps.now();
  }

  async toEnd(): Promise<End | null> {
    let checks = 0;
    await this.#check(true);
    const watch = setInterval(() => {
      this.#check(++checks % CHECKS_PER_READ === 0).catch((error: unknown) => this.#fail(error));
    }, CHECK);
    try {
      if (!this.#end) await this.#feed().catch((error: unknown) => this.#fail(error));
      while (this.#running.size > 0) await Promise.race(this.#running);
    } finally {
      clearInterval(watch);
      clearTimeout(this.#last);
      this.#stop.abort();
    }
    if (this.#failure) throw this.#failure.error;
    if (this.#end === "pause") return null;
    return this.#end ?? { status: "completed", error: undefined };
  }

  /** Asks the items group by group. The next group is named in the journal while the current one is asked. */
  async #feed(): Promise<void> {
    const { record, spec, bytes_per_token, journal } = this.#asking;
    const items = itemsOf(record, spec, bytes_per_token, (line) => journal.has(line));
    let next = this.#group(items);
    // Its failure is thrown where it is awaited.
    next.catch(() => {});
    try {
      for (let group = await next; group.length > 0; group = await next) {
        next = this.#group(items);
        next.catch(() => {});
        for (const item of group) {
          await this.#begin(item);
          if (this.#end || this.#failure) return;
        }
      }
    } finally {
      await next.catch(() => {});
      await items.return(undefined);
    }
  }

  async #group(items: AsyncGenerator<OpenItem>): Promise<OpenItem[]> {
    const group: OpenItem[] = [];
    const size = Math.ceil(this.#pacer.atOnce / 2);
    while (group.length < size && !this.#end) {
      const { value, done } = await items.next();
      if (done) break;
      group.push(value);
    }
    if (group.length > 0) await this.#asking.journal.open(group.map(({ line }) => line));
    return group;
  }

  async #begin(item: OpenItem): Promise<void> {
    const { budget, journal } = this.#asking;
    let taken = budget.take(item.most);
    while (taken === undefined && this.#running.size > 0) {
      await Promise.race(this.#running);
      taken = budget.take(item.most);
    }
    if (taken === undefined) {
      const error = `not asked in real time: with what the job has spent and may still spend, this could exceed its max_cost_usd of ${budget.cap}`;
      journal.add(item.line, { outcome: null, error, retryable: false, unknown: 0, paid: [] });
      return;
    }
    const turn = await this.#pacer.turn(item.tokens, this.#feeding.signal).catch((error: unknown) => {
      if (!this.#feeding.signal.aborted) this.#fail(error);
      return null;
    });
    if (turn === null) return;
    const asked: Promise<void> = this.#ask(item, turn, taken)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => this.#running.delete(asked));
    this.#running.add(asked);
  }

  async #ask({ line, body, tokens, most }: OpenItem, turn: Turn, taken: number): Promise<void> {
    const { record, spec, journal, budget, provider } = this.#asking;
    const { endpoint, betas, model } = spec;
    const request = { endpoint, betas, model, custom_id: wireId(record.tag, line), body };
    let reserved = taken;
    let refused = false;
    const again = () => {
      const more = budget.take(most);
      reserved += more ?? 0;
      refused = more === undefined;
      return !refused;
    };
    let brokeOff = 0;
    const keep = (cost: SpentNow) => {
      brokeOff += cost.unknown;
      return journal.spent(line, cost);
    };
    let asked: AskedNow;
    try {
      const settings = { pacer: this.#pacer, tokens, turn, again, keep };
      asked = await askNow(provider, request, this.#stop.signal, settings);
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
      // It was sent, and what it came to is not waited for.
      journal.unknown++;
      return;
    }
    if (refused)
      asked.error += `; not asked again: this could exceed the job's max_cost_usd of ${budget.cap}`;
    journal.add(line, asked);
    // What broke off may have been paid: it stays reserved.
    budget.giveBack(reserved - (brokeOff + asked.unknown) * taken);
  }

  /** Ends the run when its own time or the job's is over. `reads`: also reads the job's record, for a cancel. */
  async #check(reads: boolean): Promise<void> {
    const { record, deps } = this.#asking;
    const now = deps.now();
    if (record.deadline_at !== undefined && now >= record.deadline_at) {
      this.#endWith(LATE);
      this.#stop.abort();
    } else if (now - this.#startedAt > deps.runSeconds) this.#endWith("pause");
    if (reads && !this.#end && (await readJob(record.job_id))?.cancel_requested) this.#endWith(CANCELLED);
  }

  #endWith(end: End | "pause"): void {
    if (this.#end && this.#end !== "pause") return;
    this.#end = end;
    this.#askNoMore(end === CANCELLED ? LAST_ANSWERS_OF_CANCELLED : LAST_ANSWERS);
  }

  /** Answers under way are paid for: they are waited for so many seconds. A second reason to end makes no wait longer. */
  #askNoMore(seconds: number): void {
    this.#feeding.abort();
    const at = this.#asking.deps.now() + seconds;
    if (at >= this.#lastAt) return;
    this.#lastAt = at;
    clearTimeout(this.#last);
    this.#last = setTimeout(() => this.#stop.abort(), seconds * 1000);
  }

  /** Ends the run: the error is that of every item. Answers under way still come, and are kept unless another run has the round. */
  #fail(error: unknown): void {
    if (error instanceof NoRateError) {
      this.#endWith({ status: "expired", error: `not asked in real time: ${error.message}` });
      return;
    }
    this.#askNoMore(LAST_ANSWERS);
    this.#failure ??= { error };
    if (error instanceof TakenOverError) this.#stop.abort();
  }
}
