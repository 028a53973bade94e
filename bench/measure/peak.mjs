/** Plain JavaScript, as it is also preloaded into other tools' processes. */
import { existsSync, readFileSync } from "node:fs";

/**
 * The most memory that a process had, in bytes. On Linux `maxRSS` begins with what the parent held when it forked.
 * https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
 * @param pid of another process only on Linux
 */
export function peakBytes(pid = "self") {
  const file = `/proc/${pid}/status`;
  const status = pid !== "self" || existsSync(file) ? readFileSync(file, "utf8") : "";
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS) * 1024;
}
