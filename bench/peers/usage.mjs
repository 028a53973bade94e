/**
 * Preloaded into a tool's process: writes what the process used to the file named in `PEER_USAGE` when it ends. Plain JavaScript:
 * to strip types would cost a process more than a small job does.
 */
import { writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { peakBytes } from "../measure/peak.mjs";

const path = process.env.PEER_USAGE;
if (isMainThread && path !== undefined) {
  process.on("exit", () => {
    const { userCPUTime, systemCPUTime } = process.resourceUsage();
    const cpu = (userCPUTime + systemCPUTime) / 1e6;
    writeFileSync(path, JSON.stringify({ cpu, rss: peakBytes() / 1e6 }));
  });
}
