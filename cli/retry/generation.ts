/** The files of a job that was retried: `results.jsonl`, then `results-2.jsonl` and so on; the old ones stay. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { OutputFiles } from "../results/output-files.ts";

/** The files of one generation, from 1. */
export function generationFiles(
  dir: string,
  generation: number,
): Pick<OutputFiles, "results" | "failed" | "summary"> {
  const number = generation === 1 ? "" : `-${generation}`;
  return {
    results: join(dir, `results${number}.jsonl`),
    failed: join(dir, `failed${number}.jsonl`),
    summary: join(dir, `summary${number}.json`),
  };
}

/** The newest generation in a folder: its summary is written last. */
export function newestGeneration(dir: string): number {
  let generation = 1;
  while (existsSync(generationFiles(dir, generation + 1).summary)) generation++;
  return generation;
}
