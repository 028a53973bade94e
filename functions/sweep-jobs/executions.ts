/** Executions of the one state machine, as Step Functions tells of them. */
import { createHash } from "node:crypto";
import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";

/** An execution that Step Functions knows. */
export interface KnownExecution {
  /** Whether it still runs, or will go on. */
  alive: boolean;
  /** Its input, as the JSON text that it was started with. */
  input: string;
}

/** Looks at executions and starts them. ARNs are those of executions. */
export class Executions {
  readonly #client = new SFNClient({});
  readonly #stateMachine: string;
  readonly #prefix: string;

  /** `stateMachine`: its ARN. */
  constructor(stateMachine: string) {
    this.#stateMachine = stateMachine;
    this.#prefix = `${stateMachine.replace(":stateMachine:", ":execution:")}:`;
  }

  /**
   * The execution; null when Step Functions does not know it (yet), or no longer: it forgets them 90
   * days after their end. Null as well for one that is no execution of this state machine.
   */
  async find(arn: string): Promise<KnownExecution | null> {
    if (!arn.startsWith(this.#prefix)) return null;
    try {
      const found = await this.#client.send(new DescribeExecutionCommand({ executionArn: arn }));
      const alive = found.status === "RUNNING" || found.status === "PENDING_REDRIVE";
      return { alive, input: found.input ?? "{}" };
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) return null;
      throw error;
    }
  }

  /** The one execution that may settle the job of a dead one: whoever looks names the same, so it starts once. */
  heirOf(dead: string): string {
    return `${this.#prefix}settle-${createHash("sha256").update(dead).digest("hex").slice(0, 32)}`;
  }

  /** Starts an execution under the name in its ARN; one that was started before is left as it is. */
  async start(arn: string, input: string): Promise<void> {
    const name = arn.slice(this.#prefix.length);
    try {
      await this.#client.send(
        new StartExecutionCommand({ stateMachineArn: this.#stateMachine, name, input }),
      );
    } catch (error) {
      if (!(error instanceof ExecutionAlreadyExists)) throw error;
    }
  }
}
