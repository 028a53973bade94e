/** The embedded engine of a data folder. */
import type { EngineEvent } from "../../local/engine/engine-event.ts";
import { logFile } from "../../local/host/detached.ts";
import type { Host } from "../../local/host/host.ts";
import { findHost, type HostFile } from "../../local/host/host-file.ts";
import {
  ensureHost,
  type OpenFolder,
  openToQueue,
  openToRead,
  openToRun,
} from "../../local/host/open-folder.ts";
import { folderOf, originOf, type Place } from "../../local/host/place.ts";
import { canRun, providerAccess } from "../../local/host/provider-access.ts";
import { enqueue, queuedExecution, queuedExecutions } from "../../local/host/queue.ts";
import { ProviderName } from "../../shared/models.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import { requireAccess } from "../access.ts";
import { UsageError } from "../exit-codes.ts";
import { printError } from "../output/safe-text.ts";
import {
  type Backend,
  type BackendUse,
  type ExecutionState,
  type NewExecution,
  NothingThereError,
} from "./backend.ts";

/** Opens a folder. `options`: those that lead there again. */
export async function openLocal(place: Place, use: BackendUse, options: string): Promise<Backend> {
  const own = new Set<string>();
  return new LocalBackend(place, await openFor(place, use, own), options, own);
}

async function openFor(place: Place, use: BackendUse, own: ReadonlySet<string>): Promise<OpenFolder> {
  if (use.kind === "run") {
    const onEvent = (event: EngineEvent, execution: string) => {
      if (own.has(execution)) use.onEvent(event);
    };
    return openToRun(place, { onEvent });
  }
  if (use.kind === "submit") return openToQueue(place);
  if (use.kind === "tend") {
    const queued = queuedExecutions(folderOf(place)).find(({ job_id }) => job_id.startsWith(use.job));
    if (queued) {
      if (!(await findHost(folderOf(place)))) requireAccess(place, queued.provider);
      await ensureHost(place, queued.execution);
      return openToQueue(place);
    }
  }
  const folder = await openToRead(place);
  if (!folder) throw new NothingThereError(`no job was ever run in ${folderOf(place)}`);
  return folder;
}

class LocalBackend implements Backend {
  readonly options: string;
  readonly sandbox: boolean;
  readonly origin: string | undefined;
  readonly dataDir: string;
  readonly ownProcess: boolean;
  readonly pollSeconds = 0.5;
  readonly patienceSeconds = 2;
  readonly #place: Place;
  readonly #host: Host | undefined;
  readonly #attached: HostFile | undefined;
  readonly #folder: OpenFolder;
  /** Executions that this process began: their events go to `onEvent`. */
  readonly #own: Set<string>;

  constructor(place: Place, folder: OpenFolder, options: string, own: Set<string>) {
    this.#place = place;
    this.#own = own;
    this.ownProcess = folder.host !== undefined;
    this.#folder = folder;
    this.#host = folder.host;
    this.#attached = folder.attached;
    this.options = options;
    this.sandbox = place.sandbox !== undefined;
    this.origin = originOf(place);
    this.dataDir = place.dataDir;
  }

  async start({ name, ...execution }: NewExecution): Promise<string> {
    const entry = { execution: name, ...execution };
    if (this.#host) {
      this.#own.add(name);
      // Those that follow the job read from its record how it ended.
      this.#host.run(entry).catch(() => {});
    } else {
      if (this.#attached && !this.sandbox) requireSameAccess(this.#attached, execution.provider, this.#place);
      enqueue(folderOf(this.#place), entry);
      // The host that was there may have ended before it saw this.
      await ensureHost(this.#place, name);
    }
    return name;
  }

  resume(id: string, execution: NewExecution): Promise<string> {
    return this.start({ ...execution, name: id });
  }

  async execution(id: string): Promise<ExecutionState> {
    const queued = queuedExecution(folderOf(this.#place), id);
    if (!queued)
      return {
        alive: false,
        text: "no execution has the job",
        advice: "run or submit the same file again: it resumes with the same batches",
      };
    if (this.#host && canRun(this.#place, queued.provider))
      return { alive: true, text: "this process runs it" };
    const host = await findHost(folderOf(this.#place));
    if (!host)
      return {
        alive: false,
        text: "the process that ran it has ended",
        advice: `nightshift watch ${queued.job_id}${this.options} resumes it`,
      };
    if (canReach(host, queued.provider)) return { alive: true, text: `process ${host.pid} runs it` };
    return {
      alive: false,
      text: `process ${host.pid}, which runs the jobs of this folder, has no key for ${queued.provider}`,
      advice: "when that process has ended, watch the job with the key in the environment",
    };
  }

  leave(): void {
    if (this.#host?.isNeeded()) this.#host.handOver();
  }

  async close(): Promise<void> {
    if (!this.#host || this.#host.retire()) return this.#folder.close();
    this.#host.handOver();
    printError(`other jobs of this folder continue in a process of their own; see ${logFile(this.#place)}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function canReach(host: HostFile, provider: string): boolean {
  const known = ProviderName.safeParse(provider);
  return !known.success || host.access[known.data] !== undefined;
}

/** A job that is queued runs with the host's keys, which should be those of who queues it. */
function requireSameAccess(host: HostFile, provider: string, place: Place): void {
  const known = ProviderName.safeParse(provider);
  if (!known.success || host.access[known.data] === providerAccess()[known.data]) return;
  const { title, variables } = PROFILES[known.data];
  throw new UsageError(
    `process ${host.pid}, which runs the jobs of ${folderOf(place)}, has ${host.access[known.data] ? "another" : "no"} ${variables.key} or address of ${title}; wait until it has ended, or give this job a folder of its own with --data-dir`,
  );
}
