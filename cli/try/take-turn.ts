/** One process at a time tries rows of a data folder: two at once would both pay for a row that neither has yet. */
import { setTimeout as sleep } from "node:timers/promises";
import { explainDisk } from "../../local/disk-error.ts";
import { FolderInUseError, folderHolder, lockFolder } from "../../local/folder-lock.ts";
import { printWarning } from "../output/safe-text.ts";

const LOOK_AGAIN_MS = 200;

/**
 * Waits for the process that has a folder of answers, and says so. @returns what ends this one's turn
 * @throws Error when the folder takes no files, with what to do
 */
export async function takeTurn(dir: string): Promise<() => void> {
  for (let waits = false; ; waits = true) {
    try {
      return lockFolder(dir);
    } catch (error) {
      // A folder that takes no lock would keep no answer that is paid for.
      if (!(error instanceof FolderInUseError)) throw explainDisk(error, dir);
      if (!waits) printWarning(`process ${folderHolder(dir) ?? "?"} is trying rows; this one waits for it`);
      await sleep(LOOK_AGAIN_MS);
    }
  }
}
