/** kill -9 at every step around the last round, which pools what Bedrock's batches leave over: nothing is paid twice, nothing lost. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Fault, SandboxCall } from "../../local/sandbox/faults.ts";
import { startSandbox } from "../../local/sandbox/sandbox.ts";
import { MODELS } from "../harness/provider-models.ts";
import { linesOf } from "./items.ts";
import type { Assignment } from "./job-process.ts";
import { KillableJob } from "./killable-job.ts";

const COUNT = 40;
const BATCH = 10;
const LEAST = 6;
/** The number of the batch that the last round makes. */
const POOL = COUNT / BATCH + 1;

/** A step of the last round: as a state of its batch begins, or at a call of its job. `again`: when the round was under way before. */
interface Kill {
  at: string;
  state?: string;
  batch?: number;
  operation?: string;
  when?: "before" | "after";
  again?: true;
}

/** In an order in which they can happen. */
const KILLS: Kill[] = [
  { at: "before the left-over items are pooled", state: "FinalizeJob" },
  { at: "before the round is sent", state: "SubmitBatch", batch: POOL },
  { at: "before its create was accepted", operation: "batches.create", when: "before" },
  { at: "after its create was accepted", operation: "batches.create", when: "after" },
  { at: "while it polls", operation: "batches.retrieve", when: "before" },
  { at: "while its results are read", state: "CollectResults", batch: POOL },
  { at: "before the job is put together", state: "FinalizeJob", again: true },
  { at: "before the job's end is told", state: "NotifyFinished" },
];

test("bedrock: killed at every step of the last round, one after the other", { timeout: 240_000 }, async ({
  onTestFinished,
}) => {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-kill-pool-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const process = new KillableJob();
  let next: Kill | undefined;
  /** Whether the last round was under way in this life. */
  let pooling = false;
  let killed = false;
  const faults = ({ operation }: SandboxCall): Fault | undefined => {
    if (killed || !pooling || operation !== next?.operation) return undefined;
    killed = true;
    if (next.when === "after") return process.killedAfterCall();
    process.kill();
    return { kind: "refuse" };
  };
  const sandbox = await startSandbox({
    latencySeconds: 0.3,
    faults,
    failRate: 0.25,
    seed: "pool",
    limits: { bedrock_records_min: LEAST },
  });
  onTestFinished(() => sandbox.close());
  const assignment: Assignment = {
    dir,
    count: COUNT,
    job: { provider: "bedrock", model: MODELS.bedrock },
    limits: { bedrock: { max_requests: BATCH, min_requests: LEAST } },
  };

  /** One life of the process. */
  async function live(kill: Kill | undefined) {
    next = kill;
    [pooling, killed] = [false, false];
    return process.live(assignment, sandbox, (event) => {
      if (event.type !== "state") return;
      pooling ||= event.batch === POOL;
      if (event.name === kill?.state && event.batch === kill.batch && (pooling || !kill.again))
        process.kill();
    });
  }

  for (const kill of KILLS) {
    const { signal, end } = await live(kill);
    expect({ at: kill.at, signal, ended: end !== undefined }).toEqual({
      at: kill.at,
      signal: "SIGKILL",
      ended: false,
    });
  }
  const { end } = await live(undefined);
  const results = linesOf(end?.results ?? "").map((line) => JSON.parse(line));
  expect(results.map(({ line, custom_id }) => [line, custom_id])).toEqual(
    Array.from({ length: COUNT }, (_, at) => [at + 1, `item-${at + 1}`]),
  );
  const { bedrock: stats } = await sandbox.stats();
  const succeeded = results.filter(({ status }) => status === "succeeded").length;
  expect(stats).toMatchObject({ batches_created: POOL, requests_billed: succeeded });
  expect(JSON.parse(end?.summary ?? "{}").receipt.prompt_tokens).toBe(stats.tokens_billed.prompt_tokens);
  expect(linesOf(end?.failed ?? "")).toHaveLength(COUNT - succeeded);
});
