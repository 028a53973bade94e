/** What a process has used, from a moment on. */
import { peakBytes } from "./peak.mjs";

/** One measurement. Times in seconds. */
export interface Measurement {
  /** User and system time of the whole process (all its threads) during the work. */
  cpu: number;
  wall: number;
  /** Peak resident set of the process, its start included, in MB (10^6 bytes). */
  rss: number;
  /** CPU of starting node and loading the code: what a cold start adds. */
  startCpu: number;
}

/** Runs the work; call it when everything is loaded. */
export async function measured(work: () => Promise<void>): Promise<Measurement> {
  const before = process.cpuUsage();
  const start = performance.now();
  await work();
  const wall = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  return {
    cpu: (user + system) / 1e6,
    wall,
    rss: peakBytes() / 1e6,
    startCpu: (before.user + before.system) / 1e6,
  };
}
