/** The one process that runs a folder's executions: it has the lock, the engine and the sandbox. */
import { type Engine, startEngine } from "../engine/engine.ts";
import type { EngineEvent } from "../engine/engine-event.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { useSandbox } from "../sandbox-run.ts";
import { spawnHost } from "./detached.ts";
import { removeHostFile, writeHostFile } from "./host-file.ts";
import { engineFolder, folderOf, type Place } from "./place.ts";
import { canRun, providerAccess } from "./provider-access.ts";
import { dequeue, enqueue, type QueuedExecution, queuedExecutions } from "./queue.ts";

export interface HostEvents {
  onEvent?: (event: EngineEvent, execution: string) => void;
  /** An execution begins, or has ended: with its error when it failed. */
  onExecution?: (entry: QueuedExecution, state: "begins" | "ended", error?: unknown) => void;
}

export interface Host {
  /** Queues an execution and runs it to its end. @throws the error of a failed one */
  run(entry: QueuedExecution): Promise<unknown>;
  /** Whether executions are under way or queued. */
  isNeeded(): boolean;
  /** Makes sure that nobody finds it any more, if it is not needed. @returns whether it is so */
  retire(): boolean;
  /** Leaves what is under way to a host in a process of its own, which begins when this process ends. */
  handOver(): void;
  /** Gives the folder up. Nothing may be under way. */
  close(): Promise<void>;
}

/** Milliseconds between two reads of the queue. */
const INTERVAL = 200;

/**
 * Makes this process the host, which begins with what is queued.
 * @throws FolderInUseError when another process has the folder
 */
export async function startHost(place: Place, { onEvent, onExecution }: HostEvents = {}): Promise<Host> {
  const folder = folderOf(place);
  const engine = await startEngine({ dir: engineFolder(place), onEvent });
  const sandbox = await startSandbox(place, folder, engine);
  const running = new Map<string, Promise<unknown>>();
  const announce = (pid = process.pid) => writeHostFile(folder, { pid, access: providerAccess() });
  let abandoned = false;

  function begin(entry: QueuedExecution): Promise<unknown> {
    const known = running.get(entry.execution);
    if (known) return known;
    onExecution?.(entry, "begins");
    const ended = engine.run(entry.execution, entry.input).finally(() => {
      // After a handover it stays queued for the next host: a failure here is no end.
      if (abandoned) return;
      dequeue(folder, entry.execution);
      running.delete(entry.execution);
    });
    ended.then(
      () => onExecution?.(entry, "ended"),
      (error: unknown) => onExecution?.(entry, "ended", error),
    );
    running.set(entry.execution, ended);
    return ended;
  }
  function readQueue(): void {
    // Without its key a job would fail for good: it waits for a host that has it.
    for (const entry of queuedExecutions(folder)) if (canRun(place, entry.provider)) begin(entry);
  }
  const isNeeded = () => {
    readQueue();
    return running.size > 0;
  };

  announce();
  readQueue();
  const reading = setInterval(readQueue, INTERVAL);
  return {
    run(entry) {
      enqueue(folder, entry);
      return begin(entry);
    },
    isNeeded,
    retire() {
      if (isNeeded()) return false;
      removeHostFile(folder);
      // Who queued before the file was gone may have found this host; who queues from now on finds none.
      if (!isNeeded()) return true;
      announce();
      return false;
    },
    handOver() {
      abandoned = true;
      clearInterval(reading);
      const { pid } = spawnHost(place, process.pid);
      if (pid === undefined) removeHostFile(folder);
      else announce(pid);
    },
    async close() {
      clearInterval(reading);
      removeHostFile(folder);
      await sandbox?.close();
      await engine.close();
    },
  };
}

async function startSandbox(
  { sandbox }: Place,
  folder: string,
  engine: Engine,
): Promise<Sandbox | undefined> {
  try {
    return sandbox && (await useSandbox(folder, sandbox));
  } catch (error) {
    await engine.close();
    throw error;
  }
}
