/**
 * How many requests are asked at once. It begins with some, takes one more with every answer, and half of them after a
 * refusal (429). It spreads requests when the headers say that a minute's allowance is used up, so that refusals are rare.
 */
import type { RateLimits } from "./wire/rate-limits.ts";

/** Most requests at once from one process: each is a connection. */
export const MOST_AT_ONCE = 100;
/** Longest wait that a refusal may ask for, in milliseconds; after it the provider is asked again. */
const LONGEST_PAUSE = 5 * 60_000;
/** Milliseconds of the first pause after a refusal that names no time. */
const FIRST_PAUSE = 1000;
/** Longest wait in milliseconds after a refusal that names no time. Each is twice the one before, until an answer comes. */
const LONGEST_OWN_PAUSE = 60_000;
/** Milliseconds of nothing but refusals after which it is no use to wait. */
const PATIENCE = 15 * 60_000;

/** The account may not ask at all, or nothing but refusals came for a long time. */
export class NoRateError extends Error {
  override name = "NoRateError";
}

/** A request that was let through. */
export interface Turn {
  /** Requests that were begun before it. */
  number: number;
  /** Unix milliseconds. */
  began: number;
  tokens: number;
}

export type TurnEnd = "answered" | "limited" | "failed";

export class Pacer {
  /** The last limits that an answer named. */
  limits: RateLimits = {};
  answers = 0;
  #atOnce: number;
  /** Whether a refusal has shown where the limit is. */
  #met = false;
  #running = 0;
  #begun = 0;
  #lastBegan = 0;
  #quietUntil = 0;
  /** How many had begun when they were last halved. */
  #cutAt = 0;
  #refusedSince: number | undefined;
  /** Milliseconds of the last pause that no refusal named. */
  #pause = FIRST_PAUSE / 2;
  /** By the last answer: how many requests and tokens are left, when so many had begun. */
  #left: { requests: number; tokens: number } = { requests: Infinity, tokens: Infinity };
  #seconds = 0;
  #tokens = 0;
  /** Those who wait for an answer to come. */
  #waiting: (() => void)[] = [];

  constructor(atOnce: number) {
    this.#atOnce = Math.min(MOST_AT_ONCE, Math.max(1, atOnce));
  }

  /** Requests that may be asked at once now. */
  get atOnce(): number {
    return Math.floor(this.#atOnce);
  }

  /** Mean seconds of an answer, and mean tokens of a request; null while nothing was answered. */
  get measured(): { seconds: number; tokens: number } | null {
    if (this.answers === 0) return null;
    return { seconds: this.#seconds / this.answers, tokens: this.#tokens / this.answers };
  }

  /**
   * Waits until a request of so many tokens may be sent.
   * @throws NoRateError when it never may; the signal's reason when it is aborted
   */
  async turn(tokens: number, signal: AbortSignal): Promise<Turn> {
    for (;;) {
      signal.throwIfAborted();
      const wait = this.#wait(tokens);
      if (wait === 0) break;
      await this.#freed(wait, signal);
    }
    this.#running++;
    this.#lastBegan = Date.now();
    this.#left.requests--;
    this.#left.tokens -= tokens;
    return { number: this.#begun++, began: this.#lastBegan, tokens };
  }

  /** Gives a turn back. `retryAfter`: seconds that the provider asks to wait, where it does. */
  done(turn: Turn, end: TurnEnd, retryAfter?: number): void {
    const now = Date.now();
    this.#running--;
    if (end === "answered") {
      this.answers++;
      this.#seconds += (now - turn.began) / 1000;
      this.#tokens += turn.tokens;
      this.#refusedSince = undefined;
      this.#pause = FIRST_PAUSE / 2;
      this.#atOnce = Math.min(MOST_AT_ONCE, this.#atOnce + (this.#met ? 1 / this.#atOnce : 1));
    } else if (end === "limited") {
      this.#refusedSince ??= now;
      // Rejections of requests that were under way at the same time are not counted again.
      if (turn.number >= this.#cutAt) {
        this.#met = true;
        this.#cutAt = this.#begun;
        this.#atOnce = Math.max(1, this.#atOnce / 2);
        this.#pause = Math.min(LONGEST_OWN_PAUSE, this.#pause * 2);
      }
      const pause = retryAfter === undefined ? this.#pause : retryAfter * 1000;
      this.#quietUntil = Math.max(this.#quietUntil, now + Math.min(LONGEST_PAUSE, pause));
    }
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Takes note of what an answer to `turn` says of the account's limits. */
  learn(turn: Turn, limits: RateLimits): void {
    this.limits = { ...this.limits, ...definedOf(limits) };
    // Requests that were begun after this one are not in what it says.
    const since = this.#begun - turn.number - 1;
    if (limits.requests) this.#left.requests = limits.requests.remaining - since;
    if (limits.tokens) this.#left.tokens = limits.tokens.remaining - since * turn.tokens;
  }

  /** Milliseconds until a request may be sent; infinite when only an answer can change that. */
  #wait(tokens: number): number {
    const now = Date.now();
    if (this.limits.requests?.limit === 0 || this.limits.tokens?.limit === 0)
      throw new NoRateError("the account's rate limit for this model in real time is 0");
    if (this.#refusedSince !== undefined && now - this.#refusedSince > PATIENCE)
      throw new NoRateError("the provider refused every request in real time for 15 minutes");
    if (this.#running >= this.atOnce) return Infinity;
    const paced = Math.max(
      spread(this.#left.requests, 1, this.limits.requests?.limit),
      spread(this.#left.tokens, tokens, this.limits.tokens?.limit),
    );
    return Math.max(0, this.#quietUntil - now, paced && this.#lastBegan + paced - now);
  }

  /** Plain timers and listeners: an `AbortController` for each wait costs more than the request's own work. */
  async #freed(wait: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    this.#waiting.push(wake);
    signal.addEventListener("abort", wake);
    const timer = wait === Infinity ? undefined : setTimeout(wake, Math.ceil(wait));
    await promise;
    clearTimeout(timer);
    signal.removeEventListener("abort", wake);
  }
}

/** Milliseconds between two requests when nothing is left: an allowance comes back evenly over its minute. */
function spread(left: number, wanted: number, limit: number | undefined): number {
  return left >= wanted || !limit ? 0 : (Math.min(wanted, limit) / limit) * 60_000;
}

function definedOf({ requests, tokens }: RateLimits): RateLimits {
  return { ...(requests && { requests }), ...(tokens && { tokens }) };
}
