/**
 * Preloaded into a tool's process: writes what the process used to the file named in `PEER_USAGE` when it ends. Plain JavaScript:
 * to strip types would cost a process more than a small job does.
 */
import { writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

const path = process.env.PEER_USAGE;
if (isMainThread && path !== undefined) {
  process.on("exit", () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    writeFileSync(
      path,
      JSON.stringify({ cpu: (userCPUTime + systemCPUTime) / 1e6, rss: (maxRSS * 1024) / 1e6 }),
    );
  });
}
