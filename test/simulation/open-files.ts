/** Runs that were killed leave their files open, as a dead Lambda does not: its machine goes with it. */
import { closeSync, readdirSync, readlinkSync } from "node:fs";

/** Closes this process's files in a folder. Linux only; elsewhere a long run needs a high `ulimit -n`. */
export function closeFilesIn(folder: string): void {
  if (process.platform !== "linux") return;
  for (const fd of readdirSync("/proc/self/fd")) {
    try {
      if (readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)) closeSync(Number(fd));
    } catch {
      // The descriptor of the listing itself is gone by now.
    }
  }
}
