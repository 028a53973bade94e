/** Runs a file of this machine as a job on the embedded engine. */
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readJob } from "../shared/job-record.ts";
import { readSource } from "../shared/job-source.ts";
import { summaryKey } from "../shared/keys.ts";
import { BatchJobInfo, hasEnded } from "../shared/models.ts";
import { headObject } from "../shared/objects.ts";
import { type Engine, type EngineEvent, startEngine } from "./engine/engine.ts";
import { putInInbox } from "./inbox.ts";
import { copyOutputs, type LocalSummary, type OutputFiles } from "./outputs.ts";
import { type Progress, ProgressTracker } from "./progress.ts";
import { runFolder, type SandboxUse, useSandbox } from "./sandbox-run.ts";

/** What happens while a file is run. */
export type RunEvent =
  | EngineEvent
  | {
      type: "job";
      job_id: string;
      /** `new`, `resumed` after an interruption or a failure, or `answered` by an earlier run: nothing is sent then. */
      state: "new" | "resumed" | "answered";
    }
  | ({ type: "progress" } & Progress);

/** What to run, and how. */
export interface RunFileOptions {
  /** A JSONL file, plain or gzip. */
  file: string;
  /** Settings of `JobSpec`, the strongest source of them. */
  settings: Record<string, unknown>;
  /** Folder of all state, `.nightshift`. */
  dataDir: string;
  /** Given: the sandbox answers. */
  sandbox?: SandboxUse | undefined;
  /** Where the outputs go; without it, `out/<job_id>`. */
  outDir?: string | undefined;
  onEvent?: (event: RunEvent) => void;
}

/** How a run ended. */
export interface FinishedRun {
  /** The job as it ended; with `status` `failed` and an `error` when it could not be finished. */
  summary: LocalSummary;
  /** Null when the job failed before it had results. */
  files: OutputFiles | null;
  /** Whether an earlier run had answered everything, and this one sent nothing. */
  alreadyAnswered: boolean;
}

/**
 * Runs a file to its end. The job is known by the file's content, its name and the settings: run again,
 * it goes on where it was, with the same provider batches.
 * @throws Error when the job could not even be recorded as failed: an unreadable file, a data folder in use.
 */
export async function runFile(options: RunFileOptions): Promise<FinishedRun> {
  const { onEvent = () => {} } = options;
  if (options.outDir !== undefined) await mkdir(options.outDir, { recursive: true });
  const folder = runFolder(resolve(options.dataDir), options.sandbox);
  const progress = new ProgressTracker((now) => onEvent({ type: "progress", ...now }));
  const engine = await startEngine({
    dir: join(folder, "engine"),
    onEvent(event) {
      onEvent(event);
      progress.take(event);
    },
  });
  try {
    const sandbox = options.sandbox && (await useSandbox(folder, options.sandbox));
    try {
      return await runJob(options, engine, progress);
    } finally {
      await sandbox?.close();
    }
  } finally {
    await engine.close();
  }
}

async function runJob(
  options: RunFileOptions,
  engine: Engine,
  progress: ProgressTracker,
): Promise<FinishedRun> {
  const input = { key: await putInInbox(options.file), job: options.settings };
  const { job_id } = await readSource(input);
  const before = await readJob(job_id);
  const alreadyAnswered =
    before !== null &&
    hasEnded(before.status) &&
    before.status !== "failed" &&
    (await headObject(summaryKey(job_id))) !== null;
  const state = alreadyAnswered ? "answered" : before ? "resumed" : "new";
  options.onEvent?.({ type: "job", job_id, state });
  if (!alreadyAnswered) {
    try {
      // A job that was interrupted goes on in its execution; one that failed needs another.
      const goesOn = before !== null && before.status !== "failed";
      await engine.run(goesOn ? before.execution : `local-${job_id}-${Date.now()}`, input);
    } catch (error) {
      // A failed job is an end like others, with its error in its record; anything else is not.
      if ((await readJob(job_id))?.status !== "failed") throw error;
    } finally {
      await progress.settled();
    }
  }
  const sandbox = options.sandbox !== undefined;
  const outputs = await copyOutputs(job_id, options.outDir ?? join("out", job_id), sandbox);
  if (outputs) return { ...outputs, alreadyAnswered };
  const summary = BatchJobInfo.parse(await readJob(job_id));
  // What the job calls by its key, a person here knows by its path.
  const error = summary.error?.replaceAll(input.key, options.file);
  return { summary: { ...summary, error, ...(sandbox ? { sandbox } : {}) }, files: null, alreadyAnswered };
}
