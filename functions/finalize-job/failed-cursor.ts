/** How far `failed.jsonl` is written. */
import * as z from "zod";

/** Where copying stopped: at the end of a part. */
export const FailedCursor = z.object({
  /** The parts with lines in them, in order. */
  parts: z.array(z.object({ key: z.string(), bytes: z.int() })),
  /** The next byte of the plain input, and the line that it is in, from 1. */
  start: z.int().nonnegative(),
  number: z.int().positive(),
  /** Whether what was copied last did not end its line. */
  endsOpen: z.boolean(),
  /** Whether all lines are copied. */
  complete: z.boolean(),
});
export type FailedCursor = z.infer<typeof FailedCursor>;

/** The cursor before the first line. */
export function failedStart(): FailedCursor {
  return { parts: [], start: 0, number: 1, endsOpen: false, complete: false };
}
