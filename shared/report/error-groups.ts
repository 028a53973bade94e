/** Errors that differ only in numbers and quoted words are one kind. */
import type { ItemStatus } from "../models.ts";
import { shortText } from "./short-text.ts";

export interface ErrorGroup {
  /** The error with `#` for numbers and `"…"` for quoted words. */
  kind: string;
  /** The first error of the kind, word by word. */
  example: string;
  status: ItemStatus;
  count: number;
  /** The first few lines of the input that have it. */
  lines: number[];
}

const MOST_KINDS = 50;
const MOST_LINES = 5;
const KIND_CHARACTERS = 200;
const EXAMPLE_CHARACTERS = 500;
/** Takes the errors of all kinds beyond the first 50. */
const OTHER = "other errors";

/** The kind of an error: it with `#` for numbers and `"…"` for quoted words, cut to 200 characters. */
export function errorKind(error: string): string {
  return shortText(error, KIND_CHARACTERS)
    .replace(/"[^"]*"|'[^']*'|`[^`]*`/g, '"…"')
    .replace(/\d[\d.,_-]*/g, "#");
}

export class ErrorGroups {
  readonly #groups = new Map<string, ErrorGroup>();

  /** Counts an error. @returns whether its line is one of the first few of its kind */
  add(line: number, status: ItemStatus, error: string): boolean {
    const group = this.#group(errorKind(error), status, shortText(error, EXAMPLE_CHARACTERS));
    group.count++;
    if (group.lines.length === MOST_LINES) return false;
    group.lines.push(line);
    return true;
  }

  merge(groups: ErrorGroup[]): void {
    for (const { kind, status, count, lines, example } of groups) {
      const group = this.#group(kind, status, example);
      group.count += count;
      group.lines.push(...lines.slice(0, MOST_LINES - group.lines.length));
    }
  }

  toJSON(): ErrorGroup[] {
    return [...this.#groups.values()].sort((a, b) => b.count - a.count);
  }

  #group(kind: string, status: ItemStatus, example: string): ErrorGroup {
    const name = this.#groups.size < MOST_KINDS || this.#groups.has(`${status} ${kind}`) ? kind : OTHER;
    const known = this.#groups.get(`${status} ${name}`);
    if (known) return known;
    const group = { kind: name, example, status, count: 0, lines: [] };
    this.#groups.set(`${status} ${name}`, group);
    return group;
  }
}
