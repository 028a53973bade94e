/** Whether a job's settings fit the columns of its input: checked before anything is sent. */
import { InvalidJobError } from "../../shared/errors.ts";
import { isTemplate, type JobSpec } from "../../shared/models.ts";
import { nearName } from "../../shared/near-name.ts";
import type { InputColumn } from "../../shared/streams/parquet.ts";
import type { InputReader } from "../../shared/streams/reader.ts";
import { columnsNamed, listed, openHole } from "./template.ts";

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
  const open = openHole(spec);
  if (open !== undefined)
    throw new InvalidJobError(`prompt: ${JSON.stringify(open)} names no column; one is written {{name}}`);
  if (spec.prompt?.trim() === "" && spec.messages === undefined && spec.image === undefined)
    throw new InvalidJobError('prompt: is blank; say what to ask of each row ("… {{column}} …")');
  // No row was found in which names could stand.
  if (columns.length === 0) return;
  const known = new Set(columns);
  const isThere = (column: string) =>
    known.has(column) || (reader.columns === null && known.has(column.split(".", 1)[0] as string));
  const missing = columnsNamed(spec).find((column) => !isThere(column));
  if (missing !== undefined) {
    const near = missing.length > 2 ? nearName(missing, columns) : undefined;
    const meant = near === undefined ? "; its" : `; did you mean ${JSON.stringify(near)}? Its`;
    throw new InvalidJobError(
      `${name} has no column ${JSON.stringify(missing.slice(0, 64))}${meant} columns are ${listed(columns)}`,
    );
  }
  const asked = new Set(spec.carry === undefined ? columns : columnsNamed(spec));
  const unreadable = reader.columns?.find((column) => column.problem !== undefined && asked.has(column.name));
  if (unreadable) throw new InvalidJobError(`${name}: ${unreadableColumn(unreadable, reader, spec)}`);
}

/** What is wrong with a column, and what to do: leave it out, where the job does not need it. */
function unreadableColumn(column: InputColumn, { columns }: InputReader, spec: JobSpec): string {
  const readable = columns?.filter(({ problem }) => problem === undefined).map(({ name }) => name) ?? [];
  const isNeeded = readable.length === 0 || columnsNamed(spec).includes(column.name);
  const others = readable.length > 8 ? "with the others" : readable.join(",");
  const leave = isNeeded ? "" : `leave it out (--carry ${others}), or `;
  return `column ${JSON.stringify(column.name)} ${column.problem}, and cannot be read; ${leave}${column.mend}`;
}
