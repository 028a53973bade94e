/**
 * The embedded engine. It runs the state machine that CDK synthesizes in this process. Each Lambda task is its deployed
 * handler, against a bucket and a table in a folder.
 */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { StateMachine } from "aws-local-stepfunctions";
import { PARK_TOKEN, type Task, visitTasks } from "../../infra/programs/machine-tasks.ts";
import { unixNow } from "../../shared/clock.ts";
import { ENV } from "../../shared/names.ts";
import { explainDisk } from "../disk-error.ts";
import { lockFolder } from "../folder-lock.ts";
import { readDefinition } from "./definition.ts";
import type { EngineEvent } from "./engine-event.ts";
import { Gate } from "./gate.ts";
import { HANDLERS, type Handler } from "./handlers.ts";
import { LiveTasks } from "./live-tasks.ts";
import { openStores, type Stores } from "./stores.ts";

export interface EngineOptions {
  /** Folder of all data: jobs, results, records, the event log. */
  dir: string;
  /** Overrides of the providers' limits, as in `ENV.providerLimits`. */
  providerLimits?: Record<string, unknown>;
  /** Replaces the length of waits and retry intervals, in seconds: tests do not wait for a provider of their own. */
  waitSeconds?: number;
  /**
   * Stands for the call by which `WaitForProvider` parks its task's token, and returns when the wait is over. With it, the
   * engine runs the state machine of a stack with OpenAI's webhooks.
   */
  park?: Handler;
  onEvent?: (event: EngineEvent, execution: string) => void;
}

/** An engine that is up; one a process, as the handlers read the process's environment. */
export interface Engine {
  /**
   * Runs one execution to its end. `execution` is its name: the same name resumes the same job, unless that failed. A
   * failed job resumes under another name.
   */
  run(execution: string, input: unknown): Promise<unknown>;
  stores: Stores;
  close(): Promise<void>;
}

/** Seconds after a lost create within which the provider may not show the batch yet. */
const CREATE_SETTLE_SECONDS = "60";
/** Seconds of a run; here nothing ends a run that takes longer, but what it has done is safe then. */
const RUN_SECONDS = "600";

/** Lambdas that hold parts of a batch in memory, and how many of them run at once. On AWS each has a machine of its own. */
const HEAVY = ["functions/submit-batch", "functions/collect-results"];
const HEAVY_AT_ONCE = 2;

/**
 * Takes the folder for this process, opens its stores and sets this process's environment for the handlers.
 * @throws FolderInUseError when another process has the folder; DamagedFolderError
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const unlock = lockFolder(options.dir);
  let stores: Stores;
  try {
    stores = openStores(options.dir);
  } catch (error) {
    unlock();
    throw error;
  }
  await stores.objects.removeLeftovers();
  Object.assign(process.env, {
    [ENV.jobDefaults]: process.env[ENV.jobDefaults] ?? "{}",
    [ENV.providerLimits]: JSON.stringify(options.providerLimits ?? {}),
    // A run that is not in this process is dead: the folder is locked.
    [ENV.submitLease]: "0",
    [ENV.createSettle]: process.env[ENV.createSettle] ?? CREATE_SETTLE_SECONDS,
    [ENV.resumedBefore]: String(unixNow()),
    [ENV.runSeconds]: process.env[ENV.runSeconds] ?? RUN_SECONDS,
    [ENV.logLevel]: process.env[ENV.logLevel] ?? "SILENT",
    [ENV.metricsDisabled]: process.env[ENV.metricsDisabled] ?? "true",
  });
  const { definition, tasks } = await readDefinition(options.park !== undefined);
  visitTasks(definition, passTimeout);
  const heavy = new Gate(HEAVY_AT_ONCE);
  // Validated where it is made: test/unit/infra.
  const machine = new StateMachine(definition, { validationOptions: { noValidate: true } });
  return {
    stores,
    async run(execution, input) {
      const emit = (event: EngineEvent) => options.onEvent?.(event, execution);
      const integrations = {
        "events:putEvents": eventBus(join(options.dir, "events.jsonl"), emit),
        ...(options.park && { [PARK_TOKEN]: options.park }),
      };
      const live = new LiveTasks(definition);
      const handlers = Object.fromEntries(
        Object.entries(tasks).map(([name, resource]) => [
          name,
          live.only(
            name,
            taskHandler(name, resource, integrations, { dir: options.dir, emit }),
            HEAVY.includes(resource) ? heavy : undefined,
          ),
        ]),
      );
      const started = machine.run(input as never, {
        overrides: {
          taskResourceLocalHandlers: handlers as never,
          ...waits(options.waitSeconds, Object.keys(tasks)),
        },
        context: {
          Execution: {
            Id: execution,
            Name: execution,
            Input: input as never,
            StartTime: new Date().toISOString(),
          },
          // The interpreter has no tokens: the handler that parks makes them.
          ...(options.park && { Task: { Token: "" } }),
        },
      });
      const watching = watch(started.eventLogs, emit);
      try {
        return await started.result;
      } finally {
        live.end();
        await watching;
      }
    },
    async close() {
      stores.close();
      unlock();
    },
  };
}

/**
 * AWS reads a time-out from the state's input, the interpreter from what the parameters make of that. So they pass it on.
 * https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html#task-state-example
 */
export function passTimeout(_name: string, task: Task): void {
  if (task.TimeoutSecondsPath === "$.wait_seconds")
    task.Parameters = { ...task.Parameters, "wait_seconds.$": task.TimeoutSecondsPath };
}

/** What stands for EventBridge: it emits each event, and appends it to a file. */
function eventBus(file: string, emit: (event: EngineEvent) => void): Handler {
  return async (input) => {
    const entries = (input as { Entries: { Detail: unknown }[] }).Entries;
    for (const { Detail: detail } of entries) {
      appendFileSync(file, `${JSON.stringify(detail)}\n`, { mode: 0o600 });
      emit({ type: "event", detail });
    }
    return { FailedEntryCount: 0 };
  };
}

function taskHandler(
  name: string,
  resource: string,
  integrations: Readonly<Record<string, Handler>>,
  { dir, emit }: { dir: string; emit: (event: EngineEvent) => void },
): (input: unknown) => Promise<unknown> {
  const handler = integrations[resource] ?? HANDLERS.get(resource);
  if (!handler)
    throw new Error(`the state ${name} calls ${resource}, for which the local engine has no handler`);
  return async (input) => {
    const output = await handler(input).catch((thrown: unknown) => {
      const error = explainDisk(thrown, dir);
      const { name: type, message } = error instanceof Error ? error : new Error(String(error));
      emit({ type: "retry", name, error: type, cause: message });
      throw error;
    });
    emit({ type: "returned", name, output });
    // As through Lambda: what cannot be said in JSON does not come through.
    return JSON.parse(JSON.stringify(output));
  };
}

function waits(seconds: number | undefined, tasks: string[]) {
  if (seconds === undefined) return {};
  const length = seconds * 1000;
  return {
    waitTimeOverrides: { WaitForProvider: length, WaitForCapacity: length },
    retryIntervalOverrides: Object.fromEntries(tasks.map((name) => [name, length])),
  };
}

type EventLogs = ReturnType<StateMachine["run"]>["eventLogs"];

async function watch(logs: EventLogs, emit: (event: EngineEvent) => void): Promise<void> {
  for await (const log of logs) {
    if (log.type === "StateEntered") {
      const batch = (log.state.input as { batch?: number } | null)?.batch;
      emit({ type: "state", name: log.state.name, batch: "index" in log ? batch : undefined });
    } else if (log.type === "StateFailed" && log.Error === "States.Timeout") {
      // The handlers' own errors are reported where they are thrown: the log has only a quoted cause of those.
      emit({ type: "retry", name: log.state.name, error: log.Error, cause: String(log.Cause) });
    }
  }
}
