/** Runs executions of the synthesized state machine, and watches what they do. */
import { StateMachine } from "aws-local-stepfunctions";
import { PARK_TOKEN, visitTasks } from "../../infra/programs/machine-tasks.ts";
import { readDefinition } from "../../local/engine/definition.ts";
import { passTimeout } from "../../local/engine/engine.ts";
import type { Lambdas } from "./lambdas.ts";
import type { Webhooks } from "./webhooks.ts";
import { never, type World } from "./world.ts";

/** The definitions are read once a process: with OpenAI's webhooks, and without. */
const machines = { off: await machineOf(false), on: await machineOf(true) };

async function machineOf(webhooks: boolean) {
  const { definition, tasks } = await readDefinition(webhooks);
  visitTasks(definition, passTimeout);
  return { tasks, machine: new StateMachine(definition, { validationOptions: { checkArn: false } }) };
}

/** What was seen of all executions. */
export interface Watched {
  /** Events on the bus. */
  events: unknown[];
  /** Everything that stood in a state's input or output, an error included: as JSON. */
  states: Set<string>;
  /** Waits in front of a look at the provider, in seconds. */
  polls: Set<number>;
  /** Waits for capacity, in seconds. */
  capacityWaits: Set<number>;
  /** Events in the history of the longest execution, children counted by themselves. */
  longestHistory: number;
}

/** One execution under way. */
export interface Execution {
  /** Never rejects. `failed`: the execution's error. */
  done: Promise<{ failed: Error | null }>;
  abort(): void;
}

/** The executions of one simulation. */
export class Executions {
  readonly watched: Watched = {
    events: [],
    states: new Set(),
    polls: new Set(),
    capacityWaits: new Set(),
    longestHistory: 0,
  };
  readonly #world: World;
  readonly #machine: StateMachine;
  readonly #handlers: Record<string, (input: unknown) => Promise<unknown>>;

  constructor(world: World, lambdas: Lambdas, webhooks: Webhooks | undefined) {
    this.#world = world;
    const { machine, tasks } = machines[webhooks ? "on" : "off"];
    this.#machine = machine;
    const services = new Map<string, (input: unknown) => Promise<unknown>>([
      ["events:putEvents", (input) => this.#putEvents(input)],
      [PARK_TOKEN, async (input) => webhooks?.park(input)],
    ]);
    this.#handlers = Object.fromEntries(
      Object.entries(tasks).map(([name, resource]) => [
        name,
        services.get(resource) ?? ((input: unknown) => lambdas.invoke(resource, input)),
      ]),
    );
  }

  /** Starts one. `arn` names it: the same one goes on with the same job. */
  start(arn: string, input: unknown): Execution {
    this.#world.note(`execution ${arn} begins`);
    let aborted = false;
    // The interpreter may take a step more after it was aborted; Step Functions does not.
    const unlessAborted = Object.entries(this.#handlers).map(([name, handler]) => [
      name,
      (input: unknown) => (aborted ? never() : handler(input)),
    ]);
    const started = this.#machine.run(input as never, {
      overrides: { taskResourceLocalHandlers: Object.fromEntries(unlessAborted) },
      context: {
        Execution: { Id: arn, Name: arn, Input: input as never, StartTime: new Date().toISOString() },
        // The interpreter has no tokens: whoever parks makes them.
        Task: { Token: "" },
      },
    });
    const watching = this.#watch(started.eventLogs);
    const end = async (failed: Error | null) => {
      await watching;
      this.#world.note(`execution ${arn} ends${failed ? `: ${failed.name}` : ""}`);
      return { failed };
    };
    const done = started.result.then(
      () => end(null),
      (error: Error) => end((error.cause as Error | undefined) ?? error),
    );
    const abort = () => {
      aborted = true;
      started.abort();
    };
    return { done, abort };
  }

  async #putEvents(input: unknown): Promise<unknown> {
    await this.#world.time.sleep(this.#world.latency());
    for (const { Detail } of (input as { Entries: { Detail: unknown }[] }).Entries)
      this.watched.events.push(Detail);
    return { FailedEntryCount: 0 };
  }

  async #watch(logs: ReturnType<StateMachine["run"]>["eventLogs"]): Promise<void> {
    const history = new Map<string, number>();
    const count = (log: { index?: number }, events: number) => {
      const execution = String(log.index ?? "job");
      const total = (history.get(execution) ?? 0) + events;
      history.set(execution, total);
      this.watched.longestHistory = Math.max(this.watched.longestHistory, total);
    };
    for await (const log of logs) {
      if (!("state" in log)) continue;
      const { name, type, input, output } = log.state;
      if (log.type === "StateEntered") {
        // Entered, and for a task: scheduled, started, succeeded or failed.
        count(log, type === "Task" ? 4 : 1);
        this.watched.states.add(JSON.stringify(input));
        const wait = (input as { wait_seconds?: number } | null)?.wait_seconds;
        if (name === "WaitForProvider" && wait !== undefined) this.watched.polls.add(wait);
        if (name === "WaitForCapacity" && wait !== undefined) this.watched.capacityWaits.add(wait);
      } else if (log.type === "StateExited") {
        count(log, 1);
        const left = output as { collecting?: boolean; more?: boolean } | null;
        if (type === "Task" && (left?.collecting || left?.more)) this.#world.faults.count("run paused");
        this.watched.states.add(JSON.stringify(output));
      } else if (log.type === "StateFailed") {
        this.watched.states.add(JSON.stringify(log.Cause));
      } else if (log.type === "StateRetried") {
        count(log, 3);
      }
    }
  }
}
