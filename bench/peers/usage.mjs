/**
 * Preloaded into a tool's process: writes what the process used to the file named in `PEER_USAGE` when it ends. Plain JavaScript:
 * to strip types would cost a process more than a small job does.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

/** https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
const STATUS = "/proc/self/status";
const path = process.env.PEER_USAGE;
if (isMainThread && path !== undefined) {
  process.on("exit", () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    // On Linux `maxRSS` begins with what the parent held when it forked.
    const status = existsSync(STATUS) ? readFileSync(STATUS, "utf8") : "";
    const kilobytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? maxRSS);
    writeFileSync(
      path,
      JSON.stringify({ cpu: (userCPUTime + systemCPUTime) / 1e6, rss: kilobytes * 1.024e-3 }),
    );
  });
}
