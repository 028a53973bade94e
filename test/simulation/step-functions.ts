/** Step Functions around the executions: which there are, how each stands, and the API that Lambdas call. */
import { ExecutionAlreadyExists, ExecutionDoesNotExist } from "@aws-sdk/client-sfn";
import type { Gate } from "../harness/guarded-stores.ts";
import { call } from "./calls.ts";
import type { Executions } from "./executions.ts";
import type { Command } from "./table.ts";
import type { Webhooks } from "./webhooks.ts";
import type { World } from "./world.ts";

/** ARN of the simulated state machine, and how those of its executions begin. */
export const STATE_MACHINE = "arn:aws:states:us-east-1:1:stateMachine:Nightshift";
/** How an ARN begins in the synthesized policies. */
const ARN = "arn:AWS::Partition:states:AWS::Region:AWS::AccountId:";
const PREFIX = "arn:aws:states:us-east-1:1:execution:Nightshift:";

/** An execution that was started. */
interface Started {
  input: string;
  status: "RUNNING" | "SUCCEEDED" | "FAILED" | "ABORTED";
  abort(): void;
  /** Set when the engine was killed: it starts again under its own name. */
  restarted: boolean;
}

interface Input {
  executionArn?: string;
  name?: string;
  input?: string;
  taskToken?: string;
}

/** All executions of a simulation. */
export class StepFunctions {
  /** Executions that people stopped. */
  readonly stopped: string[] = [];
  readonly #all = new Map<string, Started>();
  readonly #world: World;
  readonly #executions: Executions;

  readonly #gate: Gate;
  readonly #webhooks: Webhooks | undefined;

  constructor(world: World, executions: Executions, webhooks: Webhooks | undefined, gate: Gate) {
    this.#webhooks = webhooks;
    this.#world = world;
    this.#gate = gate;
    this.#executions = executions;
  }

  /** Executions that were started. */
  get started(): number {
    return this.#all.size;
  }

  /** ARNs of those under way. */
  get running(): string[] {
    return [...this.#all].filter(([, { status }]) => status === "RUNNING").map(([arn]) => arn);
  }

  /** Runs an execution to its end; one that failed without recording it is redriven. */
  async start(input: unknown, arn = `${PREFIX}${this.#all.size + 1}`): Promise<void> {
    const started: Started = {
      input: JSON.stringify(input),
      status: "RUNNING",
      abort: () => {},
      restarted: false,
    };
    this.#all.set(arn, started);
    for (;;) {
      const { done, abort } = this.#executions.start(arn, input);
      Object.assign(started, { abort, restarted: false });
      const { failed } = await done;
      if (this.stopped.includes(arn)) return;
      if (started.restarted || (failed !== null && failed.name !== "JobFailed")) continue;
      started.status = failed === null ? "SUCCEEDED" : "FAILED";
      return;
    }
  }

  /** Stops an execution as people do in the console: what its Lambdas have begun goes on. */
  stop(arn: string): void {
    const execution = this.#all.get(arn);
    if (execution?.status !== "RUNNING") return;
    this.#world.note(`execution ${arn} is stopped`);
    this.stopped.push(arn);
    execution.status = "ABORTED";
    execution.abort();
  }

  /** Ends all that runs at once; each execution then starts again under its own name. */
  restartAll(kill: () => void): void {
    for (const execution of this.#all.values()) {
      if (execution.status !== "RUNNING") continue;
      execution.restarted = true;
      execution.abort();
    }
    kill();
  }

  /** Replaces `SFNClient.prototype.send`. */
  async send(command: Command): Promise<object> {
    const name = command.constructor.name.replace("Command", "");
    const input = command.input as Input;
    this.#gate(`states:${name}`, (input.executionArn ?? STATE_MACHINE).replace(/^arn(:.*?){4}:/, ARN));
    return call(this.#world, `states.${name} ${input.executionArn ?? input.name ?? input.taskToken}`, () =>
      name === "DescribeExecution"
        ? this.#describe(input)
        : input.taskToken !== undefined
          ? (this.#webhooks?.complete(input.taskToken) ?? {})
          : this.#startNamed(name, input),
    );
  }

  #describe({ executionArn = "" }: Input): object {
    const execution = this.#all.get(executionArn);
    if (!execution) throw new ExecutionDoesNotExist({ message: "no such execution", $metadata: {} });
    return { status: execution.status, input: execution.input };
  }

  #startNamed(command: string, { name = "", input = "{}" }: Input): object {
    if (command !== "StartExecution") throw new Error(`the simulated Step Functions do not know ${command}`);
    const executionArn = `${PREFIX}${name}`;
    const known = this.#all.get(executionArn);
    if (known && (known.status !== "RUNNING" || known.input !== input))
      throw new ExecutionAlreadyExists({ message: "the name is taken", $metadata: {} });
    // Outside of the Lambda's run: it goes on when that is dead.
    if (!known) this.#world.runs.exit(() => void this.start(JSON.parse(input), executionArn));
    return { executionArn };
  }
}
