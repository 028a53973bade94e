/** One process at a time asks a job again, or merges into its files: two would pay for the same answers, and write one file. */
import { FolderInUseError, folderHolder, lockFolder } from "../../local/folder-lock.ts";
import { UsageError } from "../exit-codes.ts";
import { retryFolder } from "./retry-folder.ts";

/**
 * Holds a job for this process. @returns what ends that
 * @throws UsageError naming the process that has it
 */
export function holdJob(dataDir: string, job_id: string): () => void {
  const dir = retryFolder(dataDir, job_id);
  try {
    return lockFolder(dir);
  } catch (error) {
    if (!(error instanceof FolderInUseError)) throw error;
    throw new UsageError(
      `process ${folderHolder(dir) ?? "?"} is asking job ${job_id} again; wait for it, then run this command again: it pays only for what is left`,
    );
  }
}
