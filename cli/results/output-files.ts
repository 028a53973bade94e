/** Where a job's outputs are, on this machine. */
import { join } from "node:path";

/** Paths of a job's outputs. */
export interface OutputFiles {
  results: string;
  failed: string;
  summary: string;
}

/** The outputs inside their folder. */
export function outputFiles(dir: string): OutputFiles {
  return {
    results: join(dir, "results.jsonl"),
    failed: join(dir, "failed.jsonl"),
    summary: join(dir, "summary.json"),
  };
}

/** The folder of a job's outputs when none is given. */
export const outputDir = (job_id: string) => join("out", job_id);
