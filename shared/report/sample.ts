/** Which lines of a job a report shows: the same ones each time, spread evenly, and never many. */

/** Rows that a report shows, beside those of errors. */
export const SAMPLE_ROWS = 200;
/** Chosen lines are more than needed, as chance may choose fewer than it should. */
const SPARE = 1.5;

/** A line's rank: a fixed number from 0 to 1 that looks random. */
export function rankOf(line: number): number {
  let bits = Math.imul(line ^ (line >>> 16), 0x45d9f3b);
  bits = Math.imul(bits ^ (bits >>> 16), 0x45d9f3b);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}

/** Whether a line may be among the sampled rows of a job of so many lines. */
export function isSampled(line: number, lines: number): boolean {
  return lines <= SAMPLE_ROWS || rankOf(line) < (SAMPLE_ROWS * SPARE) / lines;
}
