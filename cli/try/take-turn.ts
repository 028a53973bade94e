/** One process at a time tries rows of a data folder: two at once would both pay for a row that neither has yet. */
import { setTimeout as sleep } from "node:timers/promises";
import { FolderInUseError, folderHolder, lockFolder } from "../../local/folder-lock.ts";
import { printWarning } from "../output/safe-text.ts";

const LOOK_AGAIN_MS = 200;

/** Waits for the process that has a folder of answers, and says so. @returns what ends this one's turn */
export async function takeTurn(dir: string): Promise<() => void> {
  for (let waits = false; ; waits = true) {
    try {
      return lockFolder(dir);
    } catch (error) {
      // A disk that takes no lock takes no answer either: that is said when there is one.
      if (!(error instanceof FolderInUseError)) return () => {};
      if (!waits) printWarning(`process ${folderHolder(dir) ?? "?"} is trying rows; this one waits for it`);
      await sleep(LOOK_AGAIN_MS);
    }
  }
}
