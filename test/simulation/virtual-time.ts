/** Time that passes only when nothing is left to do: a day of waiting takes milliseconds. */
import FakeTimers from "@sinonjs/fake-timers";
import { zlibIsAtWork } from "./zlib-work.ts";

/** Real immediates, kept from before the clock is installed: one round of them runs all that is ready. */
const immediate = setImmediate;

/** The longest simulations take a third of it; one that runs in a circle takes more than any number. */
const MOST_TIMERS = 200_000;

/** A virtual clock behind `Date`, `setTimeout` and their like, from `install` until `uninstall`. */
export class VirtualTime {
  readonly #clock;
  /** Milliseconds that `Date.now` is off for whoever asks: Lambdas have clocks of their own. */
  skew: () => number = () => 0;

  /** Asked when an interval is set; what it gives says later whether whoever set it has died. Then the interval ends, too. */
  watch: () => () => boolean = () => () => false;

  /** `start`: Unix milliseconds. */
  constructor(start: number) {
    this.#clock = FakeTimers.install({
      now: start,
      toFake: ["Date", "setTimeout", "clearTimeout", "setInterval", "clearInterval"],
      // A day of polls and latencies is long; a simulation that never ends is caught by its own limit.
      loopLimit: Number.MAX_SAFE_INTEGER,
    });
    Date.now = () => this.#clock.now + this.skew();
    const every = globalThis.setInterval;
    globalThis.setInterval = ((act: () => void, ms: number) => {
      const isDead = this.watch();
      const timer = every(() => (isDead() ? clearInterval(timer) : act()), ms);
      return timer;
    }) as typeof setInterval;
  }

  /** The true time in Unix milliseconds. */
  get now(): number {
    return this.#clock.now;
  }

  /** Waits in virtual time. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  /**
   * Lets time pass until the work is done.
   * @throws Error when nothing is left that could ever finish it, or when it takes longer than `limit` (virtual ms)
   */
  async run<T>(work: Promise<T>, limit: number): Promise<T> {
    let settled = false;
    const settle = () => {
      settled = true;
    };
    work.then(settle, settle);
    const end = this.#clock.now + limit;
    for (let timers = 0; ; timers++) {
      do await new Promise<void>((resolve) => immediate(resolve));
      while (zlibIsAtWork());
      if (settled) return work;
      if (this.#clock.countTimers() === 0) throw new Error("hangs: nothing is left that could happen");
      if (timers > MOST_TIMERS) throw new Error(`hangs: not done after ${MOST_TIMERS} timers`);
      if (this.#clock.now > end)
        throw new Error(`hangs: not done after ${limit / 3_600_000} hours of virtual time`);
      this.#clock.next();
    }
  }

  uninstall(): void {
    this.#clock.uninstall();
  }
}

/** `setTimeout` of `node:timers/promises`, by the clock that is installed. */
export function abortableSleep<T>(ms = 0, value?: T, { signal }: { signal?: AbortSignal } = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(new DOMException("The operation was aborted", { name: "AbortError", cause: signal?.reason }));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve(value as T);
    }, ms);
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  });
}

/** `AbortSignal.timeout`, by the clock that is installed. */
export function signalAfter(ms: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new DOMException("The operation timed out", "TimeoutError")), ms);
  return controller.signal;
}
