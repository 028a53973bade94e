/** How fast a job's answers come, as far as was seen. Providers report how many there are only when they are polled. */

/** Seconds of which the pace is measured. */
const MEASURED = 600;
const MOST_POINTS = 1000;
const BLOCKS = "▁▂▃▄▅▆▇█";

interface Point {
  /** Unix seconds. */
  at: number;
  answered: number;
}

/** Measures as a job's status is read. */
export class AnswerPace {
  /** The beginning, and each time that there were more answers. */
  #points: Point[] = [];

  /** Notes how many answers there are. `now`: Unix seconds. */
  see(answered: number, now: number): void {
    const last = this.#points.at(-1);
    if (last && answered <= last.answered) return;
    this.#points.push({ at: now, answered });
    // What was seen first is forgotten first, but for every second point.
    if (this.#points.length > MOST_POINTS) this.#points = this.#points.filter((_, n) => n % 2 === 0);
  }

  /** Answers a second over the last minutes; null while nothing is known. */
  get perSecond(): number | null {
    const last = this.#points.at(-1);
    const first = last && this.#points.find(({ at }) => at >= last.at - MEASURED);
    if (!last || !first || last.at === first.at) return null;
    return (last.answered - first.answered) / (last.at - first.at);
  }

  /** Seconds until there are so many answers, at the measured pace; null while it is not known. */
  secondsTo(all: number, now: number): number | null {
    const last = this.#points.at(-1);
    if (!last || !this.perSecond) return null;
    return Math.max(0, (all - last.answered) / this.perSecond - (now - last.at));
  }

  /** The pace from the beginning to now as a line of blocks; empty while nothing is known. */
  spark(width: number): string {
    const [first] = this.#points;
    const last = this.#points.at(-1);
    if (!first || !last || first === last) return "";
    const step = (last.at - first.at) / width;
    const paces = Array.from(
      { length: width },
      (_, n) => this.#answeredAt(first.at + (n + 1) * step) - this.#answeredAt(first.at + n * step),
    );
    const most = Math.max(...paces);
    return paces.map((pace) => BLOCKS[Math.min(7, Math.floor((pace / most) * 8))]).join("");
  }

  /** Between two points answers came evenly. */
  #answeredAt(time: number): number {
    const next = this.#points.findIndex(({ at }) => at >= time);
    const [before, after] = [this.#points[next - 1], this.#points[next]];
    if (!after) return this.#points.at(-1)?.answered ?? 0;
    if (!before) return after.answered;
    const share = (time - before.at) / (after.at - before.at);
    return before.answered + share * (after.answered - before.answered);
  }
}
