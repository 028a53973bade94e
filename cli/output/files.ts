/** Where results are, for people. */
import type { OutputFiles } from "../results/output-files.ts";
import { print } from "./safe-text.ts";

export function printFiles({
  results,
  csv,
  parquet,
  report,
}: Pick<OutputFiles, "results" | "csv" | "parquet"> & Partial<Pick<OutputFiles, "report">>): void {
  print(`Results  ${results}`);
  for (const table of [csv, parquet]) if (table) print(`Table    ${table}`);
  if (report) print(`Report   ${report}`);
}
