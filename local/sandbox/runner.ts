import { join } from "node:path";
import type { Plan, Settled, StoredBatch } from "./batch.ts";
import type { Protocol } from "./protocol.ts";
import type { Records } from "./records.ts";
import { type Schedule, scheduleOf, share } from "./schedule.ts";
import { NOTHING, ownAnswers, requestsPath, resultPaths, settle, settleKey, unsettle } from "./settle.ts";
import {
  type AnswerCounts,
  answerUpstream,
  loggedAnswers,
  type Upstream,
  type WorkFiles,
} from "./upstream.ts";

/** A batch at a moment: all that calls show of it is a function of this. */
export interface BatchView {
  batch: StoredBatch;
  now: number;
  /** Null while the requests are being validated. */
  plan: Plan | null;
  schedule: Schedule | null;
  /** What the whole batch came or will come to; null when that is not known yet. */
  settled: Settled | null;
  ended: boolean;
  /** Answers so far of a batch that an upstream server works on. */
  progress: AnswerCounts | null;
}

/** Answers by now: while a batch runs, its counts are the part of the final ones that has run. */
export function countsSoFar({ now, schedule, settled, ended, progress }: BatchView): AnswerCounts {
  if (progress && !ended) return progress;
  const done = ended ? 1 : schedule ? share(now, schedule.started, schedule.worked) : 0;
  const { succeeded, failed } = settled ?? NOTHING;
  return { succeeded: Math.floor(succeeded * done), failed: Math.floor(failed * done) };
}

interface Work {
  done: Promise<void>;
  abort: AbortController;
  progress: AnswerCounts;
}

export interface RunnerDeps {
  batches: Records<StoredBatch>;
  protocol: Protocol;
  clock: () => number;
  upstream: Upstream | undefined;
}

/**
 * Runs the batches of one provider. Status follows the clock. A view waits for the sandbox's own work where the clock
 * has overtaken it. The same moment always shows the same state.
 */
export class Runner {
  private readonly deps: RunnerDeps;
  private readonly plans = new Map<string, Promise<Plan>>();
  private readonly settling = new Map<string, Promise<Settled>>();
  private readonly working = new Map<string, Work>();
  private lastPlan: Promise<unknown> = Promise.resolve();
  private closed = false;

  constructor(deps: RunnerDeps) {
    this.deps = deps;
  }

  /** Takes up every batch that is not done, as after a restart. */
  resume(): void {
    for (const batch of this.deps.batches.newestFirst().reverse()) {
      if (batch.settled === null || !batch.published) this.start(batch);
    }
  }

  /** Begins the work of a batch that was just saved; errors show when the batch is read. */
  start(batch: StoredBatch): void {
    this.ready(batch).catch(() => undefined);
  }

  private async ready(batch: StoredBatch): Promise<void> {
    const plan = await this.plan(batch);
    if (this.closed) return;
    if (batch.upstream && plan.errors.length === 0) this.work(batch);
    else await this.settled(batch, scheduleOf(batch, plan));
  }

  /** Plans are made one at a time: where a batch of the model stands in line matters (token limits). */
  private plan(batch: StoredBatch): Promise<Plan> {
    if (batch.plan) return Promise.resolve(batch.plan);
    let plan = this.plans.get(batch.id);
    if (!plan) {
      plan = this.lastPlan
        .then(() => this.deps.protocol.inspect(batch, this.files(batch).requests))
        .then((made) => this.keepPlan(batch, made));
      // A plan that could not be made (a full disk, say) is made again when it is next asked for.
      this.lastPlan = plan.catch(() => this.plans.delete(batch.id));
      this.plans.set(batch.id, plan);
    }
    return plan;
  }

  private keepPlan(batch: StoredBatch, plan: Plan): Plan {
    batch.plan = plan;
    this.save(batch);
    this.plans.delete(batch.id);
    return plan;
  }

  async view(batch: StoredBatch): Promise<BatchView> {
    const now = this.deps.clock();
    if (!batch.plan && now < batch.created + batch.latency * 0.1 && batch.cancel_requested === null) {
      return { batch, now, plan: null, schedule: null, settled: null, ended: false, progress: null };
    }
    const plan = await this.plan(batch);
    const schedule = scheduleOf(batch, plan);
    const ended = now >= schedule.ended;
    const progress = this.working.get(batch.id)?.progress ?? null;
    if (batch.upstream && !ended) return { batch, now, plan, schedule, settled: null, ended, progress };
    return { batch, now, plan, schedule, settled: await this.settled(batch, schedule), ended, progress };
  }

  /** Marks a batch as cancelled from now on, unless it is already. */
  cancel(batch: StoredBatch): void {
    if (batch.cancel_requested !== null) return;
    batch.cancel_requested = this.deps.clock();
    this.save(batch);
    this.working.get(batch.id)?.abort.abort();
  }

  /** The files of an outcome; each of them exists only when it has bytes. */
  resultPaths(batch: StoredBatch, settled: Settled): { output: string; errors: string } {
    return resultPaths(this.deps.batches.folder(batch.id), settled.key);
  }

  /** Waits for the work under way; nothing runs afterwards. */
  async close(): Promise<void> {
    this.closed = true;
    for (const { abort } of this.working.values()) abort.abort();
    await Promise.allSettled([...this.working.values()].map(({ done }) => done));
    await Promise.allSettled([...this.plans.values(), ...this.settling.values()]);
  }

  private settled(batch: StoredBatch, schedule: Schedule): Promise<Settled> {
    const key = settleKey(schedule);
    if (batch.settled?.key === key) return Promise.resolve(batch.settled);
    const task = `${batch.id} ${key}`;
    let settling = this.settling.get(task);
    if (!settling) {
      settling = this.settle(batch, schedule, key).finally(() => this.settling.delete(task));
      this.settling.set(task, settling);
    }
    return settling;
  }

  private async settle(batch: StoredBatch, schedule: Schedule, key: string): Promise<Settled> {
    // Requests that did not pass validation never run, also when the batch was cancelled before it failed.
    if (batch.plan?.errors.length) return this.keepSettled(batch, { ...NOTHING, key });
    const { protocol } = this.deps;
    const nothing = protocol.allOrNothing && schedule.outcome !== "completed";
    if (nothing) return this.keepSettled(batch, { ...NOTHING, key, unrun: batch.plan?.requests ?? 0 });
    const folder = this.deps.batches.folder(batch.id);
    await this.working.get(batch.id)?.done;
    const results = batch.upstream
      ? loggedAnswers(protocol, this.files(batch))
      : ownAnswers(batch, protocol, folder, schedule.share);
    const settled = await settle(batch, protocol, folder, schedule, results);
    const replaced = batch.settled?.key;
    // Asked to cancel meanwhile: these are the results of an end that will not come.
    if (settleKey(scheduleOf(batch, batch.plan as Plan)) !== key) {
      await unsettle(folder, key);
      return settled;
    }
    this.keepSettled(batch, settled);
    if (replaced !== undefined && replaced !== key) await unsettle(folder, replaced);
    return settled;
  }

  private keepSettled(batch: StoredBatch, settled: Settled): Settled {
    batch.settled = settled;
    this.save(batch);
    return settled;
  }

  private work(batch: StoredBatch): void {
    const { upstream, protocol, clock } = this.deps;
    const stopped = batch.answered !== null || batch.cancel_requested !== null || this.working.has(batch.id);
    if (!upstream || stopped || this.closed) return;
    const abort = new AbortController();
    const expired = () => clock() >= batch.created + batch.lifetime;
    const progress: AnswerCounts = { succeeded: 0, failed: 0 };
    const stop = { expired, signal: abort.signal };
    const done = answerUpstream(batch, protocol, upstream, this.files(batch), stop, progress)
      .then((all) => {
        if (!all) return;
        batch.answered = clock();
        this.save(batch);
      })
      .catch(() => undefined)
      .finally(() => this.working.delete(batch.id));
    this.working.set(batch.id, { done, abort, progress });
  }

  private files({ id }: StoredBatch): WorkFiles {
    const folder = this.deps.batches.folder(id);
    return { requests: requestsPath(folder), log: join(folder, "answers.jsonl") };
  }

  private save(batch: StoredBatch): void {
    if (this.deps.batches.get(batch.id) === batch) this.deps.batches.save(batch);
  }
}
