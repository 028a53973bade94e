/** Where a job's outputs are, on this machine. */
import { existsSync } from "node:fs";
import { link, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolders } from "../../local/make-folders.ts";
import { messageOf } from "../../shared/errors.ts";
import type { TableFormat } from "../../shared/table/table-format.ts";
import { UsageError } from "../exit-codes.ts";

/** Paths of a job's outputs. */
export interface OutputFiles {
  results: string;
  failed: string;
  summary: string;
  /** The whole job on one page, for people. */
  report: string;
  /** The results as tables, where the job's `outputs` have them. */
  csv?: string;
  parquet?: string;
}

/** The outputs inside their folder. */
export function outputFiles(dir: string): OutputFiles {
  return {
    results: join(dir, "results.jsonl"),
    failed: join(dir, "failed.jsonl"),
    summary: join(dir, "summary.json"),
    report: join(dir, "report.html"),
  };
}

/** What `--out` means: a folder, or a file for the results alone. */
export interface Out {
  dir?: string;
  file?: { path: string; format: "jsonl" | TableFormat };
}

/** @throws UsageError for an unknown kind of file, and for a file that is there: it may be the input */
export function outOf(out: string | undefined): Out {
  if (out === undefined) return {};
  if (out === "-")
    throw new UsageError("--out -: results go to files; give a folder, or a file such as answers.csv");
  const ending = /\.(\w+)$/.exec(out)?.[1]?.toLowerCase();
  if (ending === "jsonl" || ending === "csv" || ending === "parquet") {
    if (existsSync(out))
      throw new UsageError(`${out} is there already; give another name with --out, or remove it`);
    return { file: { path: out, format: ending } };
  }
  if (/^(tsv|txt|json|ndjson|xlsx?|gz|zst)$/.test(ending ?? ""))
    throw new UsageError(`--out ${out}: results are written as .csv, .parquet or .jsonl, or into a folder`);
  return { dir: out };
}

/** Moves a file to a name that nothing has: of two processes at once one gets it. @throws UsageError when it is taken */
export async function takeName(file: string, name: string): Promise<void> {
  try {
    await link(file, name);
  } catch (error) {
    if (existsSync(name))
      throw new UsageError(`${name} is there since the job began, and stays as it is`, { cause: error });
    // A disk without hard links, such as FAT.
    await rename(file, name);
  }
}

/** The folder of a job's outputs when none is given. */
export const outputDir = (job_id: string) => join("out", job_id);

/**
 * Makes the folder of a job's outputs, for this user alone.
 * @param origin who answers the job, as `Backend` has it
 * @throws UsageError when results of another origin are there: real answers are not replaced by a rehearsal's
 */
export async function makeOutputDir(dir: string, origin: string | undefined): Promise<void> {
  await makeFolder(dir, 0o700);
  for (const path of Object.values(outputFiles(dir))) await refuseSpecial(path);
  const there = await originOfResults(dir);
  if (there === null || there === (origin ?? OWN)) return;
  throw new UsageError(
    `${dir} has results from ${there}, and this job is answered by ${origin ?? OWN}; give another folder with --out`,
  );
}

/** Makes a folder, and tries to write in it. @throws UsageError when that cannot be */
export async function makeFolder(dir: string, mode?: number): Promise<void> {
  const probe = join(dir, `.nightshift.${process.pid}`);
  try {
    makeFolders(dir, mode);
    // Some folders take no files: of a disk that can only be read, or of a system, as /proc.
    await writeFile(probe, "", { mode: 0o600 });
    await rm(probe);
  } catch (error) {
    throw new UsageError(
      `no files can be written to ${dir} (${messageOf(error)}); give another place with --out`,
    );
  }
}

/** @throws UsageError when something is there that is no file, and reading or writing it may never end */
export async function refuseSpecial(path: string): Promise<void> {
  const there = await stat(path).catch(() => null);
  if (there && !there.isFile())
    throw new UsageError(`${path} is there, and is no file; give another place with --out`);
}

const OWN = "the provider";

/** Who answered the results in a folder, by their summary; null when there is none that can be read. */
async function originOfResults(dir: string): Promise<string | null> {
  try {
    const summary = JSON.parse(await readFile(outputFiles(dir).summary, "utf8"));
    return typeof summary.origin === "string" ? summary.origin : summary.sandbox ? "sandbox" : OWN;
  } catch {
    return null;
  }
}
