/** Whether a job's settings fit the columns of its input: checked before anything is sent. */
import { InvalidJobError } from "../../shared/errors.ts";
import type { JobSpec } from "../../shared/models.ts";
import type { InputReader } from "../../shared/streams/reader.ts";
import { columnsNamed, isTemplate, listed } from "./template.ts";

/** The files of results: those that the job asks for, or JSON lines and a table like the input. */
export function outputsOf({ kind: { shape } }: InputReader, { outputs }: JobSpec): JobSpec["outputs"] {
  return outputs ?? (shape === "csv" || shape === "parquet" ? ["jsonl", shape] : ["jsonl"]);
}

/**
 * @param columns the names that were found in the input
 * @throws InvalidJobError naming the setting or the column, and the columns that are there
 */
export function checkTable(
  reader: InputReader,
  columns: readonly string[],
  spec: JobSpec,
  name: string,
): void {
  if (!isTemplate(spec)) {
    if (reader.columns)
      throw new InvalidJobError(
        `${name} is a table: say what to ask of each row with prompt (--prompt "… {{column}} …"); its columns are ${listed(columns)}`,
      );
    for (const setting of ["id", "image", "carry"] as const)
      if (spec[setting] !== undefined)
        throw new InvalidJobError(
          `${setting} is for a table, whose rows are asked with a prompt: give --prompt`,
        );
    return;
  }
  // No row was found in which names could stand.
  if (columns.length === 0) return;
  const known = new Set(columns);
  const isThere = (column: string) =>
    known.has(column) || (reader.columns === null && known.has(column.split(".", 1)[0] as string));
  const missing = columnsNamed(spec).find((column) => !isThere(column));
  if (missing !== undefined)
    throw new InvalidJobError(
      `${name} has no column ${JSON.stringify(missing.slice(0, 64))}; its columns are ${listed(columns)}`,
    );
  const asked = new Set(spec.carry === undefined ? columns : columnsNamed(spec));
  const unreadable = reader.columns?.find((column) => column.problem !== undefined && asked.has(column.name));
  if (unreadable)
    throw new InvalidJobError(
      `${name}: column ${JSON.stringify(unreadable.name)} ${unreadable.problem}, and cannot be read; name the columns to carry (--carry), or write it as text, as with DuckDB: to_json(column)`,
    );
}
