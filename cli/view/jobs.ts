/** What the viewer reads of jobs. One backend is open at a time: it has the process's environment. */
import { listJobs, readJob } from "../../shared/records/job-record.ts";
import type { Backend } from "../backend/backend.ts";
import { type OpenedJob, openJob, readEach } from "../backend/open-job.ts";
import { cancelJob } from "../job/cancel-job.ts";
import { findJob } from "../job/find-job.ts";
import { statusOf } from "../job/job-status.ts";
import type { PlaceFlags } from "../options.ts";
import { batchJson, statusJson } from "../output/status-json.ts";
import type { RowsFile } from "../results/collected-rows.ts";
import { type MergedFiles, newestFiles, withRetries } from "../retry/merged-files.ts";
import { downloadsOf } from "./job-files.ts";
import { Retries } from "./retries.ts";
import { rowsFile } from "./rows-file.ts";

const LISTED = 200;

/** The jobs of the places that the options mean, and what can be done with one. */
export class Jobs {
  readonly #flags: PlaceFlags;
  /** The one backend there is, where a command has it open already. */
  readonly #only: Backend | undefined;
  readonly #retries: Retries;
  #open: { id: string; opened: OpenedJob } | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(flags: PlaceFlags, only?: Backend) {
    this.#flags = flags;
    this.#only = only;
    this.#retries = new Retries(flags);
  }

  /** The newest jobs, newest first. */
  list(): Promise<object[]> {
    return this.#inTurn(async () => {
      if (this.#only) return listed(this.#only);
      await this.#close();
      const jobs = await readEach(this.#flags, listed);
      return jobs.sort((a, b) => b.created_at - a.created_at);
    });
  }

  /** How a job stands: its record, its batches, who works on it. */
  status(id: string): Promise<object> {
    return this.withRows(id, async (file, { backend, job, merged }) => {
      const status = await statusOf(job, backend);
      const retry = this.#retries.of(job.job_id);
      const files = status.ended ? await downloadsOf(status.job, file, merged) : [];
      return {
        ...{ ...statusJson(status), origin: backend.origin, retry },
        ...(merged && { merged: merged.files.results }),
        ...{ ended: status.ended, begun: status.begun.map(batchJson), rows_bytes: file?.bytes ?? 0, files },
      };
    });
  }

  /** Asks for the end of a job. @returns what happens now, for a person */
  cancel(id: string): Promise<string> {
    return this.with(id, ({ backend, job }) => cancelJob(job.job_id, backend));
  }

  /** Asks again what has no answer: `nightshift retry` in a process of its own. */
  retry(id: string, realTime: boolean): Promise<void> {
    return this.with(id, async ({ job }) => this.#retries.start(job.job_id, realTime));
  }

  /** Calls `use` with the backend of a job open. @throws UsageError when there is no such job */
  with<T>(id: string, use: (opened: OpenedJob) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      if (this.#only) return use({ backend: this.#only, job: await findJob(id) });
      if (this.#open?.id !== id) {
        await this.#close();
        this.#open = { id, opened: await openJob(this.#flags, id, "read") };
      }
      const { backend, job } = this.#open.opened;
      return use({ backend, job: (await readJob(job.job_id)) ?? job });
    });
  }

  /** As `with`, with the rows that the job has, if any. */
  withRows<T>(
    id: string,
    use: (file: RowsFile | null, opened: OpenedJob & { merged: MergedFiles | null }) => Promise<T>,
  ): Promise<T> {
    return this.with(id, async (opened) => {
      const { job_id } = opened.job;
      const merged = await newestFiles(opened.job, opened.backend);
      return use(await rowsFile(job_id, merged), { ...opened, merged });
    });
  }

  close(): Promise<void> {
    this.#retries.close();
    return this.#inTurn(() => this.#close());
  }

  async #close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.opened.backend.close();
  }

  #inTurn<T>(use: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(use);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}

async function listed(backend: Backend) {
  const { origin } = backend;
  const records = await Promise.all((await listJobs(LISTED)).map((job) => withRetries(job, backend)));
  return records.map(({ job_id, provider, model, status, created_at, request_count, counts, receipt }) => {
    const cost_usd = receipt?.cost_usd;
    return { job_id, origin, provider, model, status, created_at, request_count, counts, cost_usd };
  });
}
