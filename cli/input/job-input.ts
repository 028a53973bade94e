/** The one file that a job is made of, from a command's arguments: files, globs, standard input or a recipe. */
import { createWriteStream, globSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { inputKind } from "../../shared/streams/input-kind.ts";
import type { TableFormat } from "../../shared/table/table-format.ts";
import { UsageError } from "../exit-codes.ts";
import { checkFile } from "./input-file.ts";
import { fileSource } from "./input-stream.ts";
import { hasLocalImages, rowLines } from "./row-lines.ts";

/** The one file, and what it is called. Disposal removes what was made for it. */
export interface JobInput extends AsyncDisposable {
  file: string;
  /** What a person knows it by. */
  label: string;
  /** The format of the files, where it is another than that of `file`. */
  format?: TableFormat;
}

/**
 * Finds the input. Standard input (`-`) is put into a file first, as it must be there to be read again. Several files, and
 * tables whose pictures are files, become lines of JSON, a row each.
 * @param images the columns with pictures
 * @param carry the columns that the job needs; default: all
 * @throws UsageError when there is no such file
 */
export async function jobInput(
  names: readonly string[],
  images: readonly string[],
  carry?: readonly string[],
): Promise<JobInput> {
  const files = names.flatMap((name) => (name === "-" ? [name] : matching(name)));
  if (files.length === 0) throw new UsageError("no input: give a file, a glob, or - for standard input");
  if (files.includes("-") && files.length > 1)
    throw new UsageError("standard input (-) is an input of its own: give it without other files");
  for (const file of files) if (file !== "-") await checkFile(file);
  const [first = ""] = files;
  const isRewritten = files.length > 1 || (first !== "-" && (await hasLocalImages(first, images)));
  if (first !== "-" && !isRewritten)
    return { file: first, label: first, [Symbol.asyncDispose]: async () => {} };
  const dir = await mkdtemp(join(tmpdir(), "nightshift-input-"));
  const close = () => rm(dir, { recursive: true, force: true });
  try {
    const label = first === "-" ? "standard input" : files.join(", ");
    const file = join(dir, first === "-" ? "stdin" : `${basename(first).replace(/\..*$/, "")}.jsonl`);
    const rows = first === "-" ? process.stdin : rowLines(files, images, carry);
    await pipeline(rows, createWriteStream(file, { mode: 0o600 }));
    if ((await stat(file)).size === 0) throw new UsageError(`${label} is empty`);
    const shape = first === "-" ? "jsonl" : (await inputKind(fileSource(first))).shape;
    return {
      file,
      label,
      [Symbol.asyncDispose]: close,
      ...((shape === "csv" || shape === "parquet") && { format: shape }),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function matching(name: string): string[] {
  if (!/[*?[\]{}]/.test(name)) return [name];
  const found = globSync(name).sort();
  // A file may be called so.
  return found.length > 0 ? found : [name];
}
