/**
 * A clock that stands until it is told to go on, behind `Date`, `setTimeout` and `setInterval`. A simulation sets thousands of
 * timers, so they are in a heap. Order and rounding are those of @sinonjs/fake-timers.
 */
import { replaced } from "./replaced.ts";

/** As Node's own: what is longer fires at once. https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const LONGEST = 2 ** 31 - 1;

/** One timer, and what `setTimeout` gives. */
class Timer {
  readonly act: () => void;
  /** Milliseconds between two calls; undefined for one that is called once. */
  readonly interval: number | undefined;
  at: number;
  /** Order of those that are due at the same time. */
  order: number;
  isOver = false;

  constructor(act: () => void, at: number, order: number, interval: number | undefined) {
    this.act = act;
    this.at = at;
    this.order = order;
    this.interval = interval;
  }

  isBefore(other: Timer): boolean {
    return this.at < other.at || (this.at === other.at && this.order < other.order);
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

/** The clock, from `install` until `uninstall`. */
export class VirtualClock {
  /** Unix milliseconds. */
  now: number;
  /** Timers that are not over. */
  count = 0;
  /** A binary heap: no timer is before its parent, at half its place. Those that were cleared leave it when they are due. */
  readonly #heap: Timer[] = [];
  #timers = 0;
  #isActing = false;
  readonly #restore: () => void;

  /** `skew`: milliseconds that `Date.now` is off for whoever asks. */
  constructor(start: number, skew: () => number) {
    this.now = start;
    const clock = this;
    const VirtualDate = class extends Date {
      constructor(...parts: unknown[]) {
        super(...((parts.length > 0 ? parts : [clock.now]) as [number]));
      }
      static override now(): number {
        return clock.now + skew();
      }
    };
    const clear = (timer?: Timer) => this.#clear(timer);
    this.#restore = replaced(globalThis, {
      Date: VirtualDate,
      setTimeout: (act: (...given: unknown[]) => void, ms?: number, ...given: unknown[]) =>
        this.#set(given.length > 0 ? () => act(...given) : (act as () => void), ms, false),
      setInterval: (act: () => void, ms?: number) => this.#set(act, ms, true),
      clearTimeout: clear,
      clearInterval: clear,
    });
  }

  uninstall(): void {
    this.#restore();
  }

  /** Goes on to the next timer, and calls it. */
  next(): void {
    let timer = this.#pop();
    while (timer?.isOver) timer = this.#pop();
    if (!timer) return;
    this.now = timer.at;
    if (timer.interval === undefined) this.#clear(timer);
    else {
      timer.at += timer.interval;
      timer.order = ++this.#timers;
      this.#push(timer);
    }
    this.#isActing = true;
    try {
      timer.act();
    } finally {
      this.#isActing = false;
    }
  }

  #set(act: () => void, ms: number | undefined, repeats: boolean): Timer {
    const whole = Math.trunc(Number(ms)) || 0;
    const delay = whole > LONGEST ? 1 : Math.max(0, whole);
    // What a timer sets for at once comes after all that is due by now.
    const at = this.now + (delay || (this.#isActing ? 1 : 0));
    const timer = new Timer(act, at, ++this.#timers, repeats ? Math.max(1, delay) : undefined);
    this.count++;
    this.#push(timer);
    return timer;
  }

  #clear(timer: Timer | undefined): void {
    if (!(timer instanceof Timer) || timer.isOver) return;
    timer.isOver = true;
    this.count--;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Timer;
      if (above.isBefore(timer)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): Timer | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as Timer).isBefore(heap[child] as Timer)) child++;
      const below = heap[child] as Timer;
      if (!below.isBefore(last)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}
