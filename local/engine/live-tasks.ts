/** Which tasks of an execution may still run. The interpreter begins a Map's other items after the Map has failed. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { StateMachineDefinition } from "aws-local-stepfunctions";
import { type Task, visitTasks } from "../../infra/programs/machine-tasks.ts";
import type { Gate } from "./gate.ts";
import type { Handler } from "./handlers.ts";

const OVER = Symbol("the task is over");

/** The tasks of one execution. Those of a batch are over once the job continues without them, and all when it has ended. */
export class LiveTasks {
  readonly #ofBatches: ReadonlySet<string>;
  #batchesBegan = false;
  #batchesOver = false;
  #over = false;

  constructor(definition: StateMachineDefinition) {
    this.#ofBatches = tasksInMaps(definition);
  }

  end(): void {
    this.#over = true;
  }

  /**
   * A task's handler, which does not run, and never returns, once the task is over: on AWS its execution was stopped.
   * @param gate what it has to pass before it runs
   */
  only(name: string, handler: Handler, gate?: Gate): Handler {
    const isOfBatch = this.#ofBatches.has(name);
    return async (input) => {
      if (isOfBatch) {
        this.#batchesBegan = true;
        // A Map that has just failed gets to its Catch in this turn; this item was begun in its place.
        await nextTurn();
      } else if (this.#batchesBegan) this.#batchesOver = true;
      // Asked behind the gate: it may be over by then.
      const run = async () =>
        this.#over || (isOfBatch && this.#batchesOver) ? OVER : { output: await handler(input) };
      const ran = await (gate ? gate.pass(run) : run());
      if (ran === OVER) return new Promise(() => {});
      const { output } = ran;
      // The job has one more round: nothing of the Map before it is left, as that has succeeded.
      if (!isOfBatch && isLastRound(output)) this.#batchesBegan = this.#batchesOver = false;
      return output;
    };
  }
}

function isLastRound(output: unknown): boolean {
  return (
    (output as { pooled?: unknown; batches?: unknown } | null)?.pooled === true &&
    "batches" in (output as object)
  );
}

type States = Record<string, { ItemProcessor?: { States: object } }>;

function tasksInMaps(definition: StateMachineDefinition): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (name: string, _task: Task) => void names.add(name);
  for (const { ItemProcessor } of Object.values(definition.States as unknown as States))
    if (ItemProcessor) visitTasks(ItemProcessor, add);
  return names;
}
