/** Lines of text, and on a terminal progress bars below them. */
import { MultiBar, Presets, type SingleBar } from "cli-progress";
import pc from "picocolors";

/** One bar. */
export interface BarRow {
  label: string;
  value: number;
  total: number;
  text: string;
}

const OPTIONS = {
  format: "{label} {bar} {percentage}% | {text}",
  stream: process.stdout,
  hideCursor: true,
  clearOnComplete: true,
  barsize: 24,
  // The command handles Ctrl-C itself.
  gracefulExit: false,
};

/** Writes to stdout; without a terminal there is no control character in it. */
export class Terminal {
  /** Whether the reader is a terminal that can move its cursor. */
  readonly live = Boolean(process.stdout.isTTY) && process.env.TERM !== "dumb";
  readonly colors = pc.createColors(this.live && !process.env.NO_COLOR);
  #group: MultiBar | undefined;
  #bars: SingleBar[] = [];

  /** Prints a line, above the bars if there are any. */
  line(text = ""): void {
    if (this.#group) this.#group.log(`${text}\n`);
    else process.stdout.write(`${text}\n`);
  }

  /** The time of day, for the start of a line. */
  clock(): string {
    return this.colors.dim(new Date().toLocaleTimeString("en-GB"));
  }

  /** Draws the bars as they should now be; does nothing without a terminal. */
  bars(rows: BarRow[]): void {
    if (!this.live) return;
    this.#group ??= new MultiBar(OPTIONS, Presets.shades_classic);
    for (const bar of this.#bars.splice(rows.length)) this.#group.remove(bar);
    const width = Math.max(...rows.map(({ label }) => label.length));
    for (const [index, { label, value, total, text }] of rows.entries()) {
      const payload = { label: label.padEnd(width), text };
      const bar = this.#bars[index] ?? this.#group.create(total, value, payload);
      this.#bars[index] = bar;
      bar.setTotal(total);
      bar.update(value, payload);
    }
  }

  /** Takes the bars away. */
  endBars(): void {
    // What was logged is drawn with the bars, and they are drawn at intervals.
    this.#group?.update();
    this.#group?.stop();
    this.#group = undefined;
    this.#bars = [];
  }
}
