/** Lines of text, and on a terminal progress bars below them. */
import pc from "picocolors";
import { asTyped, safeText } from "./safe-text.ts";

/** One bar. */
export interface BarRow {
  label: string;
  value: number;
  total: number;
  text: string;
}

/** Columns of a terminal that does not say how many it has. */
const USUAL_WIDTH = 80;
/** Columns from which a bar may be long. */
const WIDE = 110;

/** Writes to stdout. Without a terminal there is no control character in it. */
export class Terminal {
  /** Whether the reader is a terminal that can move its cursor. */
  readonly live: boolean;
  readonly colors: ReturnType<typeof pc.createColors>;
  readonly #stream: NodeJS.WriteStream;
  #bars: string[] = [];
  /** Lines that stand below the text now, and are drawn anew. */
  #drawn = 0;
  /** Lines that wait for the end of a question. */
  #held: string[] | undefined;

  constructor(stream: NodeJS.WriteStream = process.stdout) {
    this.#stream = stream;
    this.live = Boolean(stream.isTTY) && process.env.TERM !== "dumb";
    this.colors = pc.createColors(this.live && !process.env.NO_COLOR);
  }

  /** Columns of the terminal. */
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

  /** Draws the bars as they should now be; does nothing without a terminal. */
  bars(rows: BarRow[]): void {
    if (!this.live || this.#held) return;
    const label = Math.max(...rows.map((row) => row.label.length));
    this.#bars = rows.map((row) => barText(row, label, this.width));
    this.#write("");
  }

  /** Takes the bars away. */
  endBars(): void {
    this.#bars = [];
    this.#write("");
  }

  /** Takes the bars away and prints nothing until `release`: a question stands on the terminal. */
  hold(): void {
    this.endBars();
    this.#held ??= [];
  }

  /** Prints what was held. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const text of held) this.line(text);
  }

  /** Writes text in place of the bars, and the bars below it. */
  #write(text: string): void {
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A\u001b[0J` : "";
    const bars = this.#bars.map((bar) => `${bar}\n`).join("");
    this.#drawn = this.#bars.length;
    if (up || text || bars) this.#stream.write(`${up}${text}${bars}`);
  }
}

/** A bar on one line: a longer one would be wrapped, and could not be taken away again. */
function barText({ label, value, total, text }: BarRow, labelWidth: number, width: number): string {
  const size = width >= WIDE ? 24 : 10;
  const share = total > 0 ? Math.min(1, value / total) : 0;
  const full = Math.round(share * size);
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const bar = `${"█".repeat(full)}${"░".repeat(size - full)}`;
  const line = safeText(`${label.padEnd(labelWidth)} ${bar} ${percent}  ${text}`);
  return line.length < width ? line : `${line.slice(0, width - 2).toWellFormed()}…`;
}
