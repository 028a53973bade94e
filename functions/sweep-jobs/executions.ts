/** The executions of the one state machine. */
import { createHash } from "node:crypto";
import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { AWS_CLIENT } from "../../shared/aws-client.ts";
import { executionArn, findExecution, type KnownExecution } from "../../shared/workflow/executions.ts";

/** Reads and starts executions; all ARNs are those of executions. */
export class Executions {
  readonly #client = new SFNClient(AWS_CLIENT);
  readonly #stateMachine: string;
  readonly #prefix: string;

  /** `stateMachine`: its ARN. */
  constructor(stateMachine: string) {
    this.#stateMachine = stateMachine;
    this.#prefix = executionArn(stateMachine, "");
  }

  /** See `findExecution`. Null as well for one that is no execution of this state machine. */
  async find(arn: string): Promise<KnownExecution | null> {
    return arn.startsWith(this.#prefix) ? findExecution(this.#client, arn) : null;
  }

  /** The one execution that may take the job of a dead one. Its name follows from the dead one, so it starts once. */
  successorOf(dead: string): string {
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
