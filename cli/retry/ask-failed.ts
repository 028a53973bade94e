/** Asks the items of a file in real time, and keeps each answer as it comes. */
import type { JobSpec } from "../../shared/models.ts";
import { estimatedTokens } from "../../shared/money/token-estimate.ts";
import { askNow, type NowProvider } from "../../shared/providers/ask-now.ts";
import { MOST_AT_ONCE, Pacer } from "../../shared/providers/pacer.ts";
import type { PickedRow } from "../input/pick-rows.ts";
import type { KeptAnswers } from "../try/kept-answers.ts";
import { identityOf } from "./attempt.ts";

/** Requests at once to begin with. */
const FIRST_AT_ONCE = 16;

export interface AskDeps {
  provider: NowProvider;
  /** Where answers are kept, and failures, too: they may have been paid. */
  answers: KeptAnswers;
}

export class FailedAsker {
  readonly #spec: JobSpec;
  readonly #deps: AskDeps;
  readonly #pacer = new Pacer(FIRST_AT_ONCE);
  /** Aborted by the first error: no more rows begin. */
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[] = [];

  constructor(spec: JobSpec, deps: AskDeps) {
    this.#spec = spec;
    this.#deps = deps;
  }

  /**
   * Begins with an item; waits when enough are under way.
   * @throws the first item's error that is that of all: ProviderAuthError when the key is refused, or a full disk's
   */
  async ask(row: PickedRow): Promise<void> {
    this.#stop.signal.throwIfAborted();
    this.#running.push(this.#askOne(row).catch((error) => this.#stop.abort(error)));
    if (this.#running.length >= MOST_AT_ONCE) await this.#running.shift();
  }

  /** Waits for what is under way. @throws what `ask` throws */
  async finish(): Promise<void> {
    await Promise.all(this.#running);
    this.#stop.signal.throwIfAborted();
  }

  async #askOne(row: PickedRow): Promise<void> {
    const { endpoint, betas, model } = this.#spec;
    const { custom_id, body } = row;
    const tokens = estimatedTokens(body.length, 1);
    const turn = await this.#pacer.turn(tokens, this.#stop.signal);
    const request = { endpoint, betas, model, custom_id, body };
    // What is under way when another has failed is paid for: it goes on to its end.
    const limit = new AbortController().signal;
    const asked = await askNow(this.#deps.provider, request, limit, { tokens, pacer: this.#pacer, turn });
    this.#deps.answers.put(identityOf(row), asked);
  }
}
