/** Time that passes only when nothing is left to do: a day of waiting takes milliseconds. */
import { VirtualClock } from "./virtual-clock.ts";
import "./zlib-work.ts";

/** The real one. Before the next that was set with it runs, all that is ready has run. */
const immediate = setImmediate;
/** Immediates of one turn of the event loop. Each turn asks the system for news, of which a simulation has none. */
const AT_ONCE = 64;

/** The longest simulations take a third of it; one that runs in a circle takes more than any number. */
const MOST_TIMERS = 200_000;

/** A virtual clock behind `Date`, `setTimeout` and their like, from `install` until `uninstall`. */
export class VirtualTime {
  readonly #clock: VirtualClock;
  /** Milliseconds that `Date.now` is off for whoever asks: Lambdas have clocks of their own. */
  skew: () => number = () => 0;

  /** Asked when an interval is set; what it gives says later whether whoever set it has died. Then the interval ends, too. */
  watch: () => () => boolean = () => () => false;

  /** `start`: Unix milliseconds. */
  constructor(start: number) {
    this.#clock = new VirtualClock(start, () => this.skew());
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
  run<T>(work: Promise<T>, limit: number): Promise<T> {
    const clock = this.#clock;
    const end = clock.now + limit;
    let timers = 0;
    return new Promise((resolve, reject) => {
      let isOver = false;
      const finish = () => {
        isOver = true;
        resolve(work);
      };
      work.then(finish, finish);
      const goOn = () => {
        if (isOver) return;
        try {
          if (clock.count === 0) throw new Error("hangs: nothing is left that could happen");
          if (timers++ > MOST_TIMERS) throw new Error(`hangs: not done after ${MOST_TIMERS} timers`);
          if (clock.now > end)
            throw new Error(`hangs: not done after ${limit / 3_600_000} hours of virtual time`);
          clock.next();
        } catch (error) {
          isOver = true;
          reject(error);
        }
      };
      const turn = () => {
        for (let left = AT_ONCE; left > 0; left--) immediate(goOn);
        immediate(() => isOver || turn());
      };
      turn();
    });
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
