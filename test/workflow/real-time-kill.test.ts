/** kill -9 while items are asked in real time: what was answered is not asked again, and the receipt says what may have been. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Fault, SandboxCall } from "../../local/sandbox/faults.ts";
import { startSandbox } from "../../local/sandbox/sandbox.ts";
import type { Receipt } from "../../shared/models.ts";
import { jobAt, linesOf, PROVIDERS } from "./items.ts";
import type { Assignment } from "./job-process.ts";
import { KillableJob } from "./killable-job.ts";

const COUNT = 90;
/** Requests at once that a run begins with, and as many that it has named as its next: see `ask-items.ts`. */
const AT_ONCE = 20;
/** The call of each life at which the process is killed. */
const KILLS = [15, 5, 10];

test.concurrent.for(PROVIDERS)(
  "%s: killed in the middle, three times",
  { timeout: 120_000 },
  async (provider, { onTestFinished }) => {
    const dir = mkdtempSync(join(tmpdir(), "nightshift-kill-now-"));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const process = new KillableJob();
    let kill: number | undefined;
    let calls = 0;
    const faults = ({ operation }: SandboxCall): Fault | undefined => {
      if (!/completions\.create|messages\.create/.test(operation) || ++calls !== kill) return undefined;
      // It is billed.
      return process.killedAfterCall();
    };
    const sandbox = await startSandbox({ faults, realtimeLatencySeconds: 0.05 });
    onTestFinished(() => sandbox.close());
    const job = jobAt(provider, { small_rounds: "real_time" });
    const assignment: Assignment = { dir, count: COUNT, job, limits: {}, alike: true };

    /** One life of the process. */
    async function live(at: number | undefined) {
      kill = at;
      calls = 0;
      return process.live(assignment, sandbox);
    }

    for (const at of KILLS) {
      const { signal, end } = await live(at);
      expect({ at, signal, ended: end !== undefined }).toEqual({ at, signal: "SIGKILL", ended: false });
    }
    const { end } = await live(undefined);
    const results = linesOf(end?.results ?? "").map((line) => JSON.parse(line));
    expect(results.map(({ line, status }) => [line, status])).toEqual(
      Array.from({ length: COUNT }, (_, at) => [at + 1, "succeeded"]),
    );
    const { receipt } = JSON.parse(end?.summary ?? "{}") as { receipt: Receipt };
    const stats = (await sandbox.stats())[provider];
    const twice = stats.realtime_requests - COUNT;
    // Each kill lost what was under way, and no more.
    expect(twice).toBeGreaterThanOrEqual(KILLS.length);
    expect(twice).toBeLessThanOrEqual(KILLS.length * 2 * AT_ONCE);
    expect(receipt.unknown?.real_time).toBeGreaterThanOrEqual(twice);
    expect(receipt.unknown?.real_time).toBeLessThanOrEqual(KILLS.length * 3 * AT_ONCE);
    // All requests cost the same: the bill is the receipt's, and those that were asked twice.
    expect((receipt.total_tokens / COUNT) * (COUNT + twice)).toBe(stats.realtime_tokens.total_tokens);
  },
);
