/** `jobs/<job_id>/job.json`: the resolved spec and the job's batches. It is written after all batches; later only with other prices. */
import * as z from "zod";
import { JobSpec } from "../models.ts";
import { Quote } from "../money/quote.ts";
import { jobKey } from "./keys.ts";
import { readText, writeText } from "./objects.ts";

const JobFile = z.object({
  spec: JobSpec,
  /** The input object. */
  key: z.string(),
  version: z.string().optional(),
  /** Line number of the `{"job": ...}` line, or 0. */
  header: z.int().nonnegative(),
  /** Items, valid or not: lines that are not blank. */
  lines: z.int().nonnegative(),
  /** What the first round of each batch costs at most, and of how many requests it is. */
  batches: z.array(Quote),
  /** Bytes of requests that make a token, by a sample of them. */
  bytes_per_token: z.number().positive().optional(),
});
export type JobFile = z.infer<typeof JobFile>;

/** Writes the file; its being there says that all batches are. */
export function writeJobFile(job_id: string, file: JobFile): Promise<void> {
  return writeText(jobKey(job_id), JSON.stringify(file));
}

/** The file, or null while the job is not prepared. */
export async function readJobFile(job_id: string): Promise<JobFile | null> {
  const text = await readText(jobKey(job_id));
  return text === null ? null : JobFile.parse(JSON.parse(text));
}

/** The file of a job that must be prepared. @throws Error when it is not there */
export async function requireJobFile(job_id: string): Promise<JobFile> {
  const file = await readJobFile(job_id);
  if (!file) throw new Error(`job ${job_id} has no job.json: it was not prepared`);
  return file;
}
