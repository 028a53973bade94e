/** How far a job is, from what its execution does and what the providers say of its batches. */
import { type BatchRecord, readBatch } from "../shared/batch-record.ts";
import { NO_COUNTS } from "../shared/sums.ts";
import type { EngineEvent } from "./engine/engine.ts";

/** A job's progress. */
export interface Progress {
  /** Items with an answer, as far as providers tell: Anthropic tells when a batch ends. */
  answered: number;
  /** Items of the job; 0 until the input has been read. */
  items: number;
  batches: number;
  batchesDone: number;
}

interface BatchProgress {
  /** Items that earlier rounds have settled. */
  settled: number;
  /** Items that the provider says this round has answered. */
  running: number;
  done: boolean;
}

/** Follows one execution. */
export class ProgressTracker {
  readonly #onProgress: (progress: Progress) => void;
  readonly #batches = new Map<number, BatchProgress>();
  #items = 0;
  #batchCount = 0;
  #pending: Promise<void> = Promise.resolve();
  #last = "";

  constructor(onProgress: (progress: Progress) => void) {
    this.#onProgress = onProgress;
  }

  /** Takes the next event; reads the batch's record where it says more. */
  take(event: EngineEvent): void {
    if (event.type !== "returned") return;
    const output = event.output as Record<string, unknown> | null;
    if (event.name === "PrepareJob" && output?.prepared === true) {
      const info = output.info as { request_count: number };
      this.#items = info.request_count;
      this.#batchCount = (output.batches as number[]).length;
      this.#tell();
    }
    if (event.name !== "PollStatus" && event.name !== "CollectResults") return;
    const state = output as { job_id: string; batch: number; round: number; items_left: number };
    const collected = event.name === "CollectResults";
    // After a collection with items left, the state is already in its next round.
    const round = collected && state.items_left > 0 ? state.round - 1 : state.round;
    this.#pending = this.#pending
      .then(() => readBatch({ ...state, round }))
      .then((record) => {
        if (record) this.#update(record, collected);
      })
      // Only a display: what is wrong with the table shows in the execution itself.
      .catch(() => {});
  }

  /** Resolves when every event so far has been told. */
  settled(): Promise<void> {
    return this.#pending;
  }

  #update(record: BatchRecord, collected: boolean): void {
    const batch = this.#batches.get(record.batch) ?? { settled: 0, running: 0, done: false };
    if (collected) {
      const counts = Object.values(record.counts ?? NO_COUNTS);
      batch.settled = counts.reduce((sum, count) => sum + count, 0) - (record.items_left ?? 0);
      batch.running = 0;
      batch.done = (record.items_left ?? 0) === 0;
    } else if (!record.collected) {
      batch.running = Math.min(answeredSoFar(record.raw), record.request_count);
    }
    this.#batches.set(record.batch, batch);
    this.#tell();
  }

  #tell(): void {
    const batches = [...this.#batches.values()];
    const progress = {
      answered: batches.reduce((sum, { settled, running }) => sum + settled + running, 0),
      items: this.#items,
      batches: this.#batchCount,
      batchesDone: batches.filter(({ done }) => done).length,
    };
    const text = JSON.stringify(progress);
    if (text === this.#last) return;
    this.#last = text;
    this.#onProgress(progress);
  }
}

/** The provider's own counts: OpenAI's `completed`, Anthropic's `succeeded`, which stays 0 until the end. */
function answeredSoFar(raw: unknown): number {
  const counts = (raw as { request_counts?: { completed?: unknown; succeeded?: unknown } } | null)
    ?.request_counts;
  const answered = counts?.completed ?? counts?.succeeded;
  return typeof answered === "number" && answered > 0 ? answered : 0;
}
