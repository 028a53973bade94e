/**
 * The executions that a folder's host has to run. Each is a small file, from before its start until after its end. The
 * next host resumes what a dead one leaves here.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { readPrivate, writePrivate } from "../private-file.ts";

const QueuedExecution = z.object({
  /** Its name; the same name resumes the same job. */
  execution: z.string().regex(/^[\w-]+$/),
  job_id: z.string(),
  /** The provider as the job's settings name it; its key is needed. */
  provider: z.string(),
  input: z.object({ key: z.string() }).loose(),
});
export type QueuedExecution = z.infer<typeof QueuedExecution>;

const ENDING = ".json";
const folderOf = (folder: string) => join(folder, "queue");
const fileOf = (folder: string, execution: string) => join(folderOf(folder), `${execution}${ENDING}`);

/** Puts an execution into the queue, whole or not at all; one that is there already stays one. */
export function enqueue(folder: string, entry: QueuedExecution): void {
  writePrivate(fileOf(folder, entry.execution), entry);
}

/** All that is queued or under way, in no order. A file that is not as we write them is left alone. */
export function queuedExecutions(folder: string): QueuedExecution[] {
  const entries = names(folder).map((name) => readPrivate(join(folderOf(folder), name), QueuedExecution));
  return entries.filter((entry) => entry !== null);
}

/** An execution that is queued or under way; null when it is not. */
export function queuedExecution(folder: string, execution: string): QueuedExecution | null {
  return readPrivate(fileOf(folder, execution), QueuedExecution);
}

export function dequeue(folder: string, execution: string): void {
  rmSync(fileOf(folder, execution), { force: true });
}

function names(folder: string): string[] {
  try {
    return readdirSync(folderOf(folder)).filter((name) => name.endsWith(ENDING));
  } catch {
    // No execution was ever queued here.
    return [];
  }
}
