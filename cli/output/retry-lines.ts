/** Failures that will be tried again, in one line each and not for every batch and every try. */
import { PERMANENT_ERRORS } from "../../shared/errors.ts";
import { oneLine } from "./numbers.ts";

/** What the engine reports of a failed task. */
export interface FailedTry {
  name: string;
  error: string;
  cause: string;
}

/** Errors that are not tried again: the report has them. */
const PERMANENT = new Set<string>([...PERMANENT_ERRORS, "JobFailed"]);
const WIDTH = 200;

/** Counts what happened already, so that a failure of a hundred batches is one line. */
export class RetryLines {
  readonly #seen = new Map<string, number>();

  /** The line to print, if any: the 1st, 2nd, 4th, 8th … time the same thing happens. */
  text({ name, error, cause }: FailedTry): string | undefined {
    if (PERMANENT.has(error)) return undefined;
    const key = `${name}\n${error}\n${cause}`;
    const times = (this.#seen.get(key) ?? 0) + 1;
    this.#seen.set(key, times);
    if (!Number.isInteger(Math.log2(times))) return undefined;
    const again = times === 1 ? "trying again" : `trying again (${times} failures so far)`;
    return `${oneLine(cause || error, WIDTH)}; ${again}`;
  }
}
