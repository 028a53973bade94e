/** Lines of text, and on a terminal a progress bar below them. */
import { MultiBar, Presets, type SingleBar } from "cli-progress";
import pc from "picocolors";
import type { Progress } from "../../local/progress.ts";
import { number } from "./numbers.ts";

/** Writes to stdout; without a terminal there is no control character in it. */
export class Terminal {
  /** Whether the reader is a terminal that can move its cursor. */
  readonly live = Boolean(process.stdout.isTTY) && process.env.TERM !== "dumb";
  readonly colors = pc.createColors(this.live && !process.env.NO_COLOR);
  #bars: MultiBar | undefined;
  #bar: SingleBar | undefined;

  /** Prints a line, above the bar if there is one. */
  line(text = ""): void {
    if (this.#bars) this.#bars.log(`${text}\n`);
    else process.stdout.write(`${text}\n`);
  }

  /** The time of day, for the start of a line. */
  clock(): string {
    return this.colors.dim(new Date().toLocaleTimeString("en-GB"));
  }

  /** Draws the bar as it should now be; does nothing without a terminal. */
  progress({ answered, items, batches, batchesDone }: Progress): void {
    if (!this.live) return;
    const payload = {
      done: `${number(answered)} of ${number(items)} items`,
      batches: batches > 1 ? ` | ${number(batchesDone)} of ${number(batches)} batches` : "",
    };
    if (!this.#bars) {
      this.#bars = new MultiBar(
        {
          format: "{bar} {percentage}% | {done}{batches} | {duration_formatted}",
          stream: process.stdout,
          hideCursor: true,
          clearOnComplete: true,
          barsize: 30,
          // The command handles Ctrl-C itself.
          gracefulExit: false,
        },
        Presets.shades_classic,
      );
      this.#bar = this.#bars.create(items, answered, payload);
    }
    this.#bar?.setTotal(items);
    this.#bar?.update(answered, payload);
  }

  /** Takes the bar away. */
  endProgress(): void {
    // What was logged is drawn with the bar, and the bar is drawn at intervals.
    this.#bars?.update();
    this.#bars?.stop();
    this.#bars = undefined;
    this.#bar = undefined;
  }
}
