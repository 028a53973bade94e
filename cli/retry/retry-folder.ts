/** What this machine knows of a job's retries, beside the files that they made. */
import { isAbsolute, join, relative, resolve } from "node:path";
import * as z from "zod";
import { readPrivate, writePrivate } from "../../local/private-file.ts";

export const retryFolder = (dataDir: string, job_id: string) => join(resolve(dataDir), "retries", job_id);

const Note = z.object({ dir: z.string() });

const noteIn = (folder: string) => join(folder, "newest.json");

/** Notes where a job's newest files are. `folder`: as `retryFolder` has it. */
export function noteNewest(folder: string, dir: string): void {
  writePrivate(noteIn(folder), { dir: resolve(dir) });
}

/** Where they are, as a person in the present folder writes it; nothing where no retry or merge was here. */
export function notedDirs(folder: string): string[] {
  const note = readPrivate(noteIn(folder), Note);
  if (!note) return [];
  const near = relative("", note.dir);
  return [near.startsWith("..") || isAbsolute(near) ? note.dir : near];
}
