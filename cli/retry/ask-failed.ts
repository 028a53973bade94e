/** Asks the items of a file in real time, and writes their results in the file's order. */
import type { Bill, JobSpec } from "../../shared/models.ts";
import { MOST_AT_ONCE, Pacer } from "../../shared/providers/pacer.ts";
import type { PickedRow } from "../input/pick-rows.ts";
import { type TriedRow, type TryDeps, tryRow } from "../try/try-rows.ts";
import { RetriedFile } from "./retried-file.ts";

/** Requests at once to begin with. */
const FIRST_AT_ONCE = 16;

/** Writes results in order while the next items are being asked. */
export class FailedAsker {
  /** Answers that broke off or did not say their tokens: nobody can price them. */
  unknown = 0;
  /** Answers that were paid and are not kept, as another may be better: if no receipt is written, nobody knows of them. */
  unkept = 0;
  readonly #spec: JobSpec;
  readonly #deps: TryDeps;
  readonly #file: RetriedFile;
  /** Aborted by the first error: no more rows begin. */
  readonly #stop = new AbortController();
  readonly #running: Promise<TriedRow>[] = [];

  constructor(path: string, spec: JobSpec, deps: TryDeps) {
    this.#file = new RetriedFile(path, spec.model);
    this.#spec = spec;
    this.#deps = { ...deps, pacing: { pacer: new Pacer(FIRST_AT_ONCE), stop: this.#stop.signal } };
  }

  /** What was paid, at real-time prices. */
  get bill(): Bill {
    return this.#file.bill;
  }

  /**
   * Begins with an item; waits when enough are under way.
   * @throws the first item's error that is that of all: ProviderAuthError when the key is refused, or a full disk's
   */
  async ask(row: PickedRow): Promise<void> {
    this.#stop.signal.throwIfAborted();
    const asking = tryRow(row, this.#spec, this.#deps);
    const stop = (error: unknown) => this.#stop.abort(error);
    asking.then(({ failure }) => failure && stop(failure.error), stop);
    this.#running.push(asking);
    if (this.#running.length >= MOST_AT_ONCE) await this.#writeNext();
  }

  /** Waits for the rest. */
  async finish(): Promise<void> {
    while (this.#running.length > 0) await this.#writeNext();
    this.#file.close();
  }

  /** After an error, waits for what is under way: it is paid for, and the next retry finds its answers. */
  async giveUp(): Promise<void> {
    for (const end of await Promise.allSettled(this.#running))
      if (end.status === "fulfilled") this.#count(end.value);
    this.#file.close();
  }

  #count({ asked: { outcome, unknown, paid } }: TriedRow): void {
    this.unknown +=
      unknown + (outcome?.status === "succeeded" && !outcome.response?.usage.total_tokens ? 1 : 0);
    if (!outcome || outcome.retryable) this.unkept += paid.length + (outcome?.response ? 1 : 0);
  }

  async #writeNext(): Promise<void> {
    const row = await (this.#running.shift() as Promise<TriedRow>);
    this.#count(row);
    if (row.failure) throw row.failure.error;
    this.#file.write(row);
    this.#deps.onRow(row);
  }
}
