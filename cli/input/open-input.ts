/** The beginning of a file as a job's: what can be said before there is a job. */
import { checkSchema } from "../../functions/prepare-job/check-schema.ts";
import { type Opening, readOpening } from "../../functions/prepare-job/header.ts";
import { resolveSpec, withEndpoint } from "../../functions/prepare-job/job-spec.ts";
import { checkTable } from "../../functions/prepare-job/table-check.ts";
import { columnsNamed } from "../../functions/prepare-job/template.ts";
import { InvalidJobError } from "../../shared/errors.ts";
import { isTemplate, type JobSpec } from "../../shared/models.ts";
import { type InputReader, openReader } from "../../shared/streams/reader.ts";
import { printWarning } from "../output/safe-text.ts";
import { fileSource } from "./input-stream.ts";

/** A file whose first rows were read. */
export interface OpenInput extends Opening {
  reader: InputReader;
}

/** @throws InvalidJobError when it cannot be read: what it is, and what to do */
export async function openInput(file: string): Promise<OpenInput> {
  const source = fileSource(file);
  if (source.bytes === 0) throw new InvalidJobError(`${file} is empty`);
  const reader = await openReader(source);
  return { reader, ...(await readOpening(reader)) };
}

/**
 * The settings of a file's job.
 * @param settings stronger than those in its first line
 * @param from what a person knows them by
 * @throws InvalidJobError when they are not valid, or do not fit the file
 */
export async function fittingSpec(
  { reader, header, columns, endpoint }: OpenInput,
  settings: Record<string, unknown>,
  from = "the command line",
): Promise<JobSpec> {
  if (header?.settings.recipe !== undefined)
    throw new InvalidJobError(
      `recipe (from ${header.from}): only a stack stores recipes; here give the file of one with --recipe`,
    );
  const sources = [{ from, settings }, ...(header ? [header] : [])];
  const spec = resolveSpec(withEndpoint(sources, endpoint));
  await checkSchema(spec);
  checkTable(reader, columns, spec, reader.source.name);
  return spec;
}

/** Of a prompt that names no column, somebody mostly forgot the column. It costs as much as the right one. */
export function warnOfSameRows({ id, carry, ...asked }: JobSpec, { columns }: OpenInput): void {
  if (!isTemplate(asked) || columns.length === 0 || columnsNamed(asked).length > 0) return;
  printWarning(
    `the prompt names no column, so every row is asked the same; one is written {{${columns.at(-1)}}}`,
  );
}
