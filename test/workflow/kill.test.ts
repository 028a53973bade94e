/** kill -9 anywhere, and again: the job goes on with the same provider batches and pays nothing twice. */
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Fault, SandboxCall } from "../../local/sandbox/faults.ts";
import { startSandbox } from "../../local/sandbox/sandbox.ts";
import type { TestProvider } from "./items.ts";
import { jobAt, linesOf, PROVIDERS } from "./items.ts";
import type { Assignment } from "./job-process.ts";
import { KillableJob } from "./killable-job.ts";

const COUNT = 600;
const BATCHES = 3;

/** When the process is killed: as it enters a state, or at a call of a provider. */
interface Kill {
  at: string;
  state?: string;
  operation?: string;
  /** `after`: the provider has acted on the call, and the answer is on its way to nobody. */
  when?: "before" | "after";
}

/** In an order in which they can happen: one batch is at the provider at a time. */
const KILLS: Record<TestProvider, Kill[]> = {
  openai: [
    { at: "while the input is prepared", state: "PrepareJob" },
    { at: "while the request file is uploaded", operation: "files.create", when: "before" },
    { at: "after a create was accepted", operation: "batches.create", when: "after" },
    { at: "while it polls", operation: "batches.retrieve", when: "before" },
    { at: "while results are read", operation: "results", when: "before" },
    { at: "after the next create was accepted", operation: "batches.create", when: "after" },
    { at: "while it is finalized", state: "FinalizeJob" },
  ],
  anthropic: [
    { at: "before a create was accepted", operation: "batches.create", when: "before" },
    { at: "after a create was accepted", operation: "batches.create", when: "after" },
    { at: "right after results were read", operation: "results", when: "after" },
    { at: "before its end is told", state: "NotifyFinished" },
  ],
};

test.concurrent.for(PROVIDERS)(
  "%s: killed at every step, one after the other",
  { timeout: 240_000 },
  async (provider, { onTestFinished }) => {
    const dir = mkdtempSync(join(tmpdir(), "nightshift-kill-"));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const job = new KillableJob();
    let next: Kill | undefined;

    const faults = (call: SandboxCall): Fault | undefined => {
      const operation = /^(files\.content|batches\.results)$/.test(call.operation)
        ? "results"
        : call.operation;
      if (operation !== next?.operation) return undefined;
      if (next.when !== "before") return job.killedAfterCall();
      job.kill();
      return { kind: "refuse" };
    };
    const sandbox = await startSandbox({ latencySeconds: 0.5, faults });
    onTestFinished(() => sandbox.close());
    const assignment: Assignment = {
      dir,
      count: COUNT,
      job: jobAt(provider, { max_concurrent_batches: 1 }),
      limits: { [provider]: { max_requests: COUNT / BATCHES } },
    };

    /** One life of the process. */
    async function live(kill: Kill | undefined) {
      next = kill;
      return job.live(assignment, sandbox, (event) => {
        if (event.type === "state" && event.name === kill?.state) job.kill();
      });
    }

    for (const kill of KILLS[provider]) {
      const { signal, end } = await live(kill);
      expect({ signal, ended: end !== undefined }, kill.at).toEqual({ signal: "SIGKILL", ended: false });
    }
    const { signal, end } = await live(undefined);
    expect(signal).toBeNull();
    expect((await sandbox.stats())[provider]).toMatchObject({
      batches_created: BATCHES,
      requests_accepted: COUNT,
      requests_billed: COUNT,
    });
    const results = linesOf(end?.results ?? "").map((line) => JSON.parse(line));
    expect(results.map(({ line, custom_id }) => [line, custom_id])).toEqual(
      Array.from({ length: COUNT }, (_, at) => [at + 1, `item-${at + 1}`]),
    );
    for (const { line, response } of results) expect(response.content).toContain(`About "Question ${line}"`);
    expect(end?.failed).toBe("");
  },
);

test("a folder that was set back to a time before the create finds the batch that was made", {
  timeout: 120_000,
}, async ({ onTestFinished }) => {
  const top = mkdtempSync(join(tmpdir(), "nightshift-set-back-"));
  onTestFinished(() => rmSync(top, { recursive: true, force: true }));
  const [dir, backup] = [join(top, "folder"), join(top, "backup")];
  const job = new KillableJob();
  const faults = ({ operation }: SandboxCall): Fault | undefined => {
    if (existsSync(join(backup, "done"))) return undefined;
    if (operation === "files.create") cpSync(dir, backup, { recursive: true });
    if (operation !== "batches.create") return undefined;
    writeFileSync(join(backup, "done"), "");
    return job.killedAfterCall();
  };
  const sandbox = await startSandbox({ latencySeconds: 0.5, faults });
  onTestFinished(() => sandbox.close());
  const assignment: Assignment = { dir, count: 20, job: jobAt("openai", {}), limits: {} };

  expect((await job.live(assignment, sandbox)).end).toBeUndefined();
  rmSync(dir, { recursive: true });
  cpSync(backup, dir, { recursive: true });
  const { end } = await job.live(assignment, sandbox);
  expect(linesOf(end?.results ?? "")).toHaveLength(20);
  expect((await sandbox.stats()).openai).toMatchObject({ batches_created: 1, requests_billed: 20 });
});
