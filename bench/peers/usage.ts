/** Preloaded into a tool's process: writes what the process used to the file named in `PEER_USAGE` when it ends. */
import { writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

/** What a process used, its start included. */
export interface Usage {
  /** User and system time of all its threads, in seconds. */
  cpu: number;
  /** Peak resident set, in MB (10^6 bytes). */
  rss: number;
}

const path = process.env.PEER_USAGE;
if (isMainThread && path !== undefined) {
  process.on("exit", () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const usage: Usage = { cpu: (userCPUTime + systemCPUTime) / 1e6, rss: (maxRSS * 1024) / 1e6 };
    writeFileSync(path, JSON.stringify(usage));
  });
}
