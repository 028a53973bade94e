/** Lines of text, and on a terminal progress bars below them. */
import pc from "picocolors";
import { asTyped, safeText } from "./safe-text.ts";

/** Columns and lines of a terminal that does not say how many it has. */
const USUAL_WIDTH = 80;
const USUAL_HEIGHT = 24;

/** Writes to stdout. Without a terminal there is no control character in it. */
export class Terminal {
  /** Whether the reader is a terminal that can move its cursor. */
  readonly live: boolean;
  readonly colors: ReturnType<typeof pc.createColors>;
  readonly #stream: NodeJS.WriteStream;
  /** Writes to the terminal, past `#share`. */
  readonly #print: (text: string) => boolean;
  readonly #others: NodeJS.WriteStream[];
  #bars: string[] = [];
  /** Bars that stand below the text now, and are drawn anew. */
  #drawn: string[] = [];
  /** Whether others have written a line that has not ended: bars would be drawn behind it. */
  #midLine = false;
  /** Lines that wait for the end of a question. */
  #held: string[] | undefined;
  #shares = false;

  /** `others`: streams that lead to the same terminal. */
  constructor(
    stream: NodeJS.WriteStream = process.stdout,
    others: NodeJS.WriteStream[] = [process.stdout, process.stderr],
  ) {
    this.#stream = stream;
    this.#print = stream.write.bind(stream);
    this.live = Boolean(stream.isTTY) && process.env.TERM !== "dumb";
    this.#others = others.filter(({ isTTY }) => isTTY);
    this.colors = pc.createColors(this.live && !process.env.NO_COLOR);
  }

  get width(): number {
    return this.#stream.columns || USUAL_WIDTH;
  }

  /** Prints a line, above the bars if there are any. */
  line(text = ""): void {
    if (this.#held) this.#held.push(text);
    else this.#write(`${safeText(asTyped(text), { colours: this.colors.isColorSupported })}\n`);
  }

  /** The time of day, for the start of a line. */
  clock(): string {
    return this.colors.dim(new Date().toLocaleTimeString("en-GB"));
  }

  /** Draws the lines of the bars as they should now be; does nothing without a terminal. */
  bars(lines: string[]): void {
    if (!this.live || this.#held) return;
    this.#share();
    // More than the terminal has could not be taken away again.
    this.#bars = lines.slice(0, (this.#stream.rows || USUAL_HEIGHT) - 1);
    this.#write("");
  }

  endBars(): void {
    this.#bars = [];
    this.#write("");
  }

  /** Takes the bars away and prints nothing until `release`: a question stands on the terminal. */
  hold(): void {
    this.endBars();
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    // The answer ends the question's line.
    this.#midLine = false;
    for (const text of held) this.line(text);
  }

  /** Writes text in place of the bars, and the bars below it. */
  #write(text: string): void {
    const bars = this.#midLine ? [] : this.#bars.map((bar) => fitted(bar, this.width));
    const all = `${this.#up()}${text}${bars.map((bar) => `${bar}\n`).join("")}`;
    this.#drawn = bars;
    if (all) this.#print(all);
  }

  /** Takes the cursor to the first bar, and clears what is below it. */
  #up(): string {
    // A terminal that has become narrower since has wrapped them.
    const rows = this.#drawn.reduce((sum, bar) => sum + Math.ceil(bar.length / this.width), 0);
    return rows > 0 ? `\u001b[${rows}A\u001b[0J` : "";
  }

  /** What others write, from a warning of Node's to an error, comes above the bars, too. */
  #share(): void {
    if (this.#shares) return;
    this.#shares = true;
    for (const other of this.#others) {
      const write = other.write.bind(other) as (...args: unknown[]) => boolean;
      other.write = (...args: unknown[]) => {
        const up = this.#up();
        this.#drawn = [];
        if (up) this.#print(up);
        const went = write(...args);
        const [chunk] = args;
        const text = typeof chunk === "string" ? chunk : Buffer.from(chunk as Uint8Array).toString("latin1");
        if (text) this.#midLine = !text.endsWith("\n");
        if (!this.#held) this.#write("");
        return went;
      };
    }
  }
}

/** A bar on one line: a longer one would be wrapped. */
function fitted(bar: string, width: number): string {
  const line = safeText(bar);
  return line.length < width ? line : `${line.slice(0, width - 2).toWellFormed()}…`;
}
