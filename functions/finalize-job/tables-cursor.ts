/** How far the tables of a job are written. */
import * as z from "zod";

export const TablesCursor = z.object({
  /** Batches searched for carried columns; and the columns' names so far, in the order of their first appearance. */
  looked: z.int().nonnegative(),
  carried: z.array(z.string()),
  batches: z.int().nonnegative(),
  parts: z.partialRecord(z.enum(["csv", "parquet"]), z.array(z.object({ bytes: z.int() }))),
  /** The tables that are whole. */
  joined: z.array(z.enum(["csv", "parquet"])),
});
export type TablesCursor = z.infer<typeof TablesCursor>;

/** The cursor before the first table. */
export function tablesStart(): TablesCursor {
  return { looked: 0, carried: [], batches: 0, parts: {}, joined: [] };
}
