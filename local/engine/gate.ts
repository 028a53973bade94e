/** Lets so many through at once, in the order in which they came. */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#free = most;
  }

  /** Does the work as soon as there is room. @throws what it throws */
  async pass<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((begin) => this.#waiting.push(begin));
    try {
      return await work();
    } finally {
      // The room goes to who waits longest: it is never free in between.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
