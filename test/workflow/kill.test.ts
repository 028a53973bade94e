/** kill -9 anywhere, and again: the job goes on with the same provider batches and pays nothing twice. */

import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { expect, test } from "vitest";
import type { EngineEvent } from "../../local/engine/engine-event.ts";
import type { Fault, SandboxCall } from "../../local/sandbox/faults.ts";
import { startSandbox } from "../../local/sandbox/sandbox.ts";
import { ENV } from "../../shared/names.ts";
import type { TestProvider } from "./items.ts";
import { jobAt, linesOf, PROVIDERS } from "./items.ts";
import type { Assignment, Ending } from "./job-process.ts";

const PROCESS = join(import.meta.dirname, "job-process.ts");
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
    let child: ChildProcess | undefined;
    let next: Kill | undefined;

    const faults = (call: SandboxCall): Fault | undefined => {
      const operation = /^(files\.content|batches\.results)$/.test(call.operation)
        ? "results"
        : call.operation;
      if (operation !== next?.operation) return undefined;
      if (next.when === "before") {
        child?.kill("SIGKILL");
        return { kind: "refuse" };
      }
      return {
        kind: "lose",
        // Read once the call was acted on.
        get answer() {
          child?.kill("SIGKILL");
          return { status: 500 };
        },
      };
    };
    const sandbox = await startSandbox({ latencySeconds: 0.5, faults });
    onTestFinished(() => sandbox.close());
    const assignment: Assignment = {
      dir,
      count: COUNT,
      job: jobAt(provider, { max_concurrent_batches: 1 }),
      limits: { [provider]: { max_requests: COUNT / BATCHES } },
    };
    const env = {
      ...process.env,
      OPENAI_BASE_URL: sandbox.openaiBaseUrl,
      ANTHROPIC_BASE_URL: sandbox.anthropicBaseUrl,
      OPENAI_API_KEY: "key",
      ANTHROPIC_API_KEY: "key",
      [ENV.createSettle]: "0.5",
    };

    /** One life of the process. */
    async function live(kill: Kill | undefined) {
      next = kill;
      const lines: (EngineEvent | Ending)[] = [];
      child = spawn(process.execPath, [PROCESS, JSON.stringify(assignment)], {
        env,
        stdio: ["ignore", "pipe", "inherit"],
      });
      const exited = new Promise<NodeJS.Signals | null>((resolve) =>
        child?.once("exit", (_, signal) => resolve(signal)),
      );
      const { stdout } = child;
      if (!stdout) throw new Error("no stdout");
      for await (const line of createInterface({ input: stdout })) {
        const event = JSON.parse(line) as EngineEvent | Ending;
        lines.push(event);
        if (event.type === "state" && event.name === kill?.state) child.kill("SIGKILL");
      }
      return { signal: await exited, end: lines.findLast((line) => line.type === "end") };
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
  let child: ChildProcess | undefined;
  const faults = ({ operation }: SandboxCall): Fault | undefined => {
    if (existsSync(join(backup, "done"))) return undefined;
    if (operation === "files.create") cpSync(dir, backup, { recursive: true });
    if (operation !== "batches.create") return undefined;
    writeFileSync(join(backup, "done"), "");
    return {
      kind: "lose",
      get answer() {
        child?.kill("SIGKILL");
        return { status: 500 };
      },
    };
  };
  const sandbox = await startSandbox({ latencySeconds: 0.5, faults });
  onTestFinished(() => sandbox.close());
  const live = async (): Promise<Ending | undefined> => {
    const assignment: Assignment = { dir, count: 20, job: jobAt("openai", {}), limits: {} };
    const env = { ...process.env, OPENAI_BASE_URL: sandbox.openaiBaseUrl, OPENAI_API_KEY: "key" };
    child = spawn(process.execPath, [PROCESS, JSON.stringify(assignment)], {
      env: { ...env, [ENV.createSettle]: "0.5" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = [];
    for await (const line of createInterface({ input: child.stdout as Readable }))
      lines.push(JSON.parse(line));
    return lines.findLast((line) => line.type === "end");
  };

  expect(await live()).toBeUndefined();
  rmSync(dir, { recursive: true });
  cpSync(backup, dir, { recursive: true });
  const end = await live();
  expect(linesOf(end?.results ?? "")).toHaveLength(20);
  expect((await sandbox.stats()).openai).toMatchObject({ batches_created: 1, requests_billed: 20 });
});
