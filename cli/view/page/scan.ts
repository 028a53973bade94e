/** Reads rows of results until there are enough to show, alone or beside another job's. */
import { isObject } from "../../../shared/json/values.ts";
import { lastUpTo } from "../line-search.ts";
import { ALL, type Filter, readRows, type ShownRow, type ShownRows } from "./api.ts";

/** Rows of one request: few enough that the first come at once. */
const ROWS = 200;
/** Bytes in which a line is searched for row by row. */
const NEAR_BYTES = 256 * 1024;

/** A row, and where there is something to compare it with, the other job's. */
export interface Pair {
  start: number;
  row: ShownRow;
  beside?: ShownRow | undefined;
}

export interface Found {
  pairs: Pair[];
  from: number;
  next: number;
  size: number;
  /** Rows that were compared, and how many of them differ. */
  compared: number;
  different: number;
}

/** Which rows, from where, how many. */
export interface Search {
  id: string;
  from: number | "end";
  filter: Filter;
  count: number;
  other?: string | undefined;
  onlyDifferent?: boolean;
}

/** Reads until `count` rows are found or the file ends; gives what was found after each request. */
export async function* search({ id, from, filter, count, other, onlyDifferent }: Search) {
  const beside = other ? new Beside(other) : undefined;
  let found: Found | undefined;
  for (let at = from; ; ) {
    const wanted = found ? count - found.pairs.length : count;
    const rows: ShownRows = await readRows(id, at, filter, onlyDifferent ? ROWS : Math.min(wanted, ROWS));
    found = {
      ...(found ?? { from: rows.from, compared: 0, different: 0, pairs: [] }),
      next: rows.next,
      size: rows.size,
    };
    const others = await beside?.linesOf(rows.rows.map(({ row }) => row.line));
    for (const { start, row } of rows.rows) {
      // The next page begins with the row that no longer fits.
      if (found.pairs.length === count) {
        found.next = start;
        break;
      }
      const pair: Pair = { start, row, beside: others?.get(row.line) };
      if (others) found.compared++;
      if (others && differs(pair)) found.different++;
      if (!onlyDifferent || differs(pair)) found.pairs.push(pair);
    }
    yield found;
    if (found.pairs.length >= count || found.next >= found.size) return;
    at = found.next;
  }
}

export function differs({ row, beside }: Pair): boolean {
  return row.status !== beside?.status || row.response?.content !== beside.response?.content;
}

/** Names of the fields in which two answers that are objects differ. */
export function differentFields({ row, beside }: Pair): string[] {
  const [one, two] = [row.response?.parsed, beside?.response?.parsed];
  if (!isObject(one) || !isObject(two)) return [];
  const [a, b] = [new Map(Object.entries(one)), new Map(Object.entries(two))];
  const names = new Set([...a.keys(), ...b.keys()]);
  return [...names].filter((name) => JSON.stringify(a.get(name)) !== JSON.stringify(b.get(name)));
}

/** The same lines of another job. Both files have their lines in order, so it is read once, from the first on. */
class Beside {
  readonly #id: string;
  #place: number | undefined;
  #rows: ShownRows["rows"] = [];

  constructor(id: string) {
    this.#id = id;
  }

  /** The rows of some lines, which ascend from call to call. */
  async linesOf(lines: number[]): Promise<Map<number, ShownRow>> {
    const found = new Map<number, ShownRow>();
    const [first, last] = [lines[0], lines.at(-1)];
    if (first === undefined || last === undefined) return found;
    this.#place ??= await placeOf(this.#id, first);
    const wanted = new Set(lines);
    for (;;) {
      for (const { row } of this.#rows) if (wanted.has(row.line)) found.set(row.line, row);
      this.#rows = this.#rows.filter(({ row }) => row.line > last);
      if (this.#rows.length > 0) return found;
      const page = await readRows(this.#id, this.#place, ALL, ROWS);
      if (page.rows.length === 0) return found;
      this.#place = page.next;
      this.#rows = page.rows;
    }
  }
}

/** A byte shortly before a line: found by halving, as lines ascend. */
async function placeOf(id: string, line: number): Promise<number> {
  const from = (byte: number) => readRows(id, byte, ALL, 1);
  const { size } = await from(0);
  return lastUpTo(line, 0, size, NEAR_BYTES, async (byte) => (await from(byte)).rows[0]?.row.line);
}
