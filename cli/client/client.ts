/**
 * `nightshift/client` runs jobs from a program, in the embedded engine of a folder or in a deployed stack. It shares the code of
 * the `nightshift` command.
 *
 * ```ts
 * const nightshift = await openNightshift({ stack: "Nightshift" });
 * const { job_id } = await nightshift.submit("data.jsonl", { provider: "openai", model: "gpt-4.1-mini" });
 * await nightshift.wait(job_id);
 * for await (const result of nightshift.results(job_id)) console.log(result.custom_id, result.response?.content);
 * await nightshift.close();
 * ```
 */
import { resolve } from "node:path";
import {
  BatchJobInfo,
  type BatchResult,
  firstProblem,
  hasEnded,
  JobSpec,
  type ProviderName,
} from "../../shared/models.ts";
import { summaryKey } from "../../shared/objects/keys.ts";
import { headObject } from "../../shared/objects/objects.ts";
import { readJob } from "../../shared/records/job-record.ts";
import { requireAddress, requireKey } from "../access.ts";
import { given } from "../arguments.ts";
import type { Backend } from "../backend/backend.ts";
import { openBackend } from "../backend/open-backend.ts";
import { checkFile } from "../input/input-file.ts";
import { fittingSpec, openInput } from "../input/open-input.ts";
import { followJob } from "../job/follow-job.ts";
import { submitFile } from "../job/submit-file.ts";
import { DATA_DIR } from "../options.ts";
import { readResults } from "../results/read-results.ts";
import { newestFiles, withRetries } from "../retry/merged-files.ts";
import { streamResults } from "./stream-results.ts";

export type { BatchJobInfo, BatchResult, LLMResponse } from "../../shared/models.ts";

/** Where jobs run. */
export interface NightshiftOptions {
  /** The name of a deployed stack. AWS credentials and region come from the environment. Default: none: the embedded engine. */
  stack?: string;
  /** The embedded engine's folder. Keep it until its jobs have ended. Default: `.nightshift`. */
  dataDir?: string;
  /** Whether the built-in sandbox answers: no key, no network, made-up answers. Default: false. */
  sandbox?: boolean;
  /** The provider whose base URL (such as `OPENAI_BASE_URL`) selects the data: each address has its own folder. Default: `openai`. */
  provider?: ProviderName;
}

/** Settings of a job (`JobSpec`). `provider` and `model` are required, unless the file's first line gives them. */
export type SubmitSettings = Partial<JobSpec> & {
  /** The tenant of the job; only with `stack`. */
  tenant?: string;
};

/** A job that was started or found. */
export interface SubmittedJob {
  job_id: string;
  /** `new`, already `running`, `resumed` after an interruption or a failure, or `answered` by an earlier run. */
  state: "new" | "running" | "resumed" | "answered";
}

let open: Nightshift | undefined;

/**
 * Opens the embedded engine or a stack. A process can have one open at a time: environment variables of the process
 * hold its addresses.
 * @throws Error when another client is open, or `stack` is combined with `sandbox` or `dataDir`. Also when the stack
 * cannot be used, or the folder is in use
 */
export async function openNightshift(options: NightshiftOptions = {}): Promise<Nightshift> {
  if (open) throw new Error("another client is open in this process: close it first");
  const { stack, dataDir = DATA_DIR, sandbox, provider = "openai" } = options;
  if (stack !== undefined && (sandbox || options.dataDir !== undefined))
    throw new Error("stack: give it without sandbox and dataDir, which are the embedded engine's");
  const flags = {
    dataDir: resolve(dataDir),
    ...(stack !== undefined && { stack }),
    ...(sandbox && { sandbox }),
  };
  const backend = await openBackend(flags, { kind: "submit", provider });
  open = new Nightshift(backend, { isStack: stack !== undefined, calls: sandbox ? undefined : provider });
  return open;
}

/** Where a client's jobs run, and whom they call. */
interface ClientUse {
  isStack: boolean;
  /** The provider whose address selected the data; undefined where the sandbox answers. */
  calls: ProviderName | undefined;
}

/** Jobs of one engine or stack. */
export class Nightshift {
  readonly #backend: Backend;
  readonly #use: ClientUse;

  /** @internal */
  constructor(backend: Backend, use: ClientUse) {
    this.#backend = backend;
    this.#use = use;
  }

  /**
   * Starts the job of a file, and returns once it is queued. The same file with the same settings is the same job.
   * A stack checks whether settings and file fit, as it has defaults of its own.
   * @throws Error when a setting is missing or wrong, or does not fit the file. Also when the file cannot be read, or there is
   * no key for the provider
   */
  async submit(file: string, { tenant, ...settings }: SubmitSettings): Promise<SubmittedJob> {
    const chosen = given(settings);
    await checkFile(file);
    const { provider, model } = await this.#check(file, chosen);
    const { job_id, state } = await submitFile(
      file,
      { settings: chosen, provider, model, tenant },
      this.#backend,
    );
    return { job_id, state };
  }

  async #check(
    file: string,
    settings: Record<string, unknown>,
  ): Promise<{ provider: string; model: string }> {
    const { isStack, calls } = this.#use;
    if (isStack) {
      const { error, data: { provider = "", model = "" } = {} } = JobSpec.partial().safeParse(settings);
      if (error) throw new Error(`settings: ${firstProblem(error)}`);
      return { provider, model };
    }
    const spec = await fittingSpec(await openInput(file), settings, "submit");
    if (calls) {
      requireKey(spec.provider);
      requireAddress(spec.provider, calls);
    }
    return spec;
  }

  /**
   * A job's status, counts, times (Unix seconds) and cost, with those of `nightshift retry` on this machine. Null when there
   * is no such job, or not yet, right after `submit`.
   */
  async status(job_id: string): Promise<BatchJobInfo | null> {
    const job = await readJob(job_id);
    if (!job) return null;
    const info = BatchJobInfo.parse(job);
    return hasEnded(info.status) ? withRetries(info, this.#backend) : info;
  }

  /**
   * Waits until a job has ended: completed, failed, expired or cancelled. @returns the job as it ended
   * @throws Error when no process or execution runs it; the signal's reason when the signal is aborted
   */
  async wait(job_id: string, { signal }: { signal?: AbortSignal } = {}): Promise<BatchJobInfo> {
    const aborted = () => signal?.throwIfAborted();
    await followJob(job_id, this.#backend, { execution: undefined, onStatus: aborted });
    const job = await this.status(job_id);
    if (!job) throw new Error(`there is no job ${job_id}`);
    return job;
  }

  /**
   * The results of a job that has ended, one for each row of its input, in the same order. Answers of `nightshift retry` on this
   * machine are in their places. They are streamed, so memory does not grow with the job.
   * @throws Error when there is no such job, when it has not ended, or when it failed without results
   */
  async *results(job_id: string): AsyncGenerator<BatchResult, void, undefined> {
    const job = await this.status(job_id);
    if (!job) throw new Error(`there is no job ${job_id}`);
    if (!hasEnded(job.status))
      throw new Error(`job ${job_id} has not ended (${job.status}): wait for it first`);
    if (job.status === "failed" && !(await headObject(summaryKey(job_id))))
      throw new Error(`job ${job_id} failed, and has no results: ${job.error}`);
    const merged = await newestFiles(job, this.#backend);
    yield* merged ? readResults(merged.files.results) : streamResults(job_id);
  }

  /** Closes the client. Jobs continue without it. */
  async close(): Promise<void> {
    await this.#backend.close();
    if (open === this) open = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
