import { setTimeout as sleep } from "node:timers/promises";

/** What a provider lets through in real time. */
export interface GateSettings {
  requestsPerMinute: number;
  tokensPerMinute: number;
  /** Calls at once; null: any number. */
  concurrent: number | null;
  /** Milliseconds that each call takes. */
  latency: number;
  clock: () => number;
}

export interface Level {
  limit: number;
  remaining: number;
  /** Seconds until the whole of it is there again. */
  reset: number;
}

/** Where a call stands; `refused` names the limit that it meets. */
export interface Admission {
  requests: Level;
  tokens: Level;
  refused: { limit: "requests" | "tokens" | "concurrent"; retryAfter: number } | null;
}

export class RealtimeGate {
  readonly #settings: GateSettings;
  readonly #requests: Allowance;
  readonly #tokens: Allowance;
  #running = 0;

  constructor(settings: GateSettings) {
    this.#settings = settings;
    this.#requests = new Allowance(settings.requestsPerMinute, settings.clock());
    this.#tokens = new Allowance(settings.tokensPerMinute, settings.clock());
  }

  /** What a limit is; null: there is none. */
  limitOf(limit: NonNullable<Admission["refused"]>["limit"]): number | null {
    const { requestsPerMinute: requests, tokensPerMinute: tokens, concurrent } = this.#settings;
    return { requests, tokens, concurrent }[limit];
  }

  /** Counts a call of so many tokens, unless it is refused. */
  admit(tokens: number): Admission {
    const { concurrent } = this.#settings;
    const now = this.#settings.clock();
    const refused =
      concurrent !== null && this.#running >= concurrent
        ? { limit: "concurrent" as const, retryAfter: 1 }
        : (this.#missing("requests", this.#requests, 1, now) ??
          this.#missing("tokens", this.#tokens, tokens, now));
    if (!refused) {
      this.#requests.take(1);
      this.#tokens.take(tokens);
    }
    return { requests: this.#requests.level(), tokens: this.#tokens.level(), refused };
  }

  /** Runs an admitted call: it counts as one at once for at least the latency. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#running += 1;
    try {
      if (this.#settings.latency > 0) await sleep(this.#settings.latency);
      return await work();
    } finally {
      this.#running -= 1;
    }
  }

  #missing(limit: "requests" | "tokens", allowance: Allowance, wanted: number, now: number) {
    const seconds = allowance.wait(wanted, now);
    return seconds === 0 ? null : { limit, retryAfter: Math.ceil(seconds) };
  }
}

/** A token bucket that fills up in a minute. */
class Allowance {
  readonly #limit: number;
  #left: number;
  #at: number;

  constructor(limit: number, now: number) {
    this.#limit = limit;
    this.#left = limit;
    this.#at = now;
  }

  /** Seconds until `wanted` is there. More than a minute's allowance waits for a full one. */
  wait(wanted: number, now: number): number {
    if (this.#limit === 0) return wanted > 0 ? 60 : 0;
    this.#left = Math.min(this.#limit, this.#left + ((now - this.#at) / 60_000) * this.#limit);
    this.#at = now;
    const missing = Math.min(wanted, this.#limit) - this.#left;
    return missing <= 0 ? 0 : (missing / this.#limit) * 60;
  }

  take(amount: number): void {
    this.#left -= Math.min(amount, this.#limit);
  }

  level(): Level {
    return {
      limit: this.#limit,
      remaining: Math.max(0, Math.floor(this.#left)),
      reset: this.#limit === 0 ? 60 : ((this.#limit - this.#left) / this.#limit) * 60,
    };
  }
}
