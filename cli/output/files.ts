/** Where results are, for people. */
import type { OutputFiles } from "../results/output-files.ts";
import { print } from "./safe-text.ts";

/** Prints the paths of results and their tables. */
export function printFiles({
  results,
  csv,
  parquet,
}: Pick<OutputFiles, "results" | "csv" | "parquet">): void {
  print(`Results  ${results}`);
  for (const table of [csv, parquet]) if (table) print(`Table    ${table}`);
}
