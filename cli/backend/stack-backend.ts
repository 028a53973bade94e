/** A deployed stack, with the AWS credentials and the region of who runs the command. */
import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { AWS_CLIENT } from "../../shared/aws-client.ts";
import { ENV } from "../../shared/names.ts";
import { executionArn, findExecution } from "../../shared/workflow/executions.ts";
import type { Backend, ExecutionState, NewExecution } from "./backend.ts";
import { executionName, numberedExecution } from "./execution-name.ts";
import { readStack } from "./stack-outputs.ts";

/**
 * Opens a stack by its name.
 * @throws Error when it is not there, is none of Nightshift's, or AWS cannot be asked
 */
export async function openStack(name: string, dataDir: string): Promise<Backend> {
  const { BucketName, TableName, StateMachineArn } = await readStack(name);
  process.env[ENV.bucket] = BucketName;
  process.env[ENV.table] = TableName;
  return new StackBackend(name, StateMachineArn, dataDir);
}

class StackBackend implements Backend {
  readonly options: string;
  readonly origin: string;
  readonly dataDir: string;
  readonly sandbox = false;
  readonly ownProcess = false;
  readonly pollSeconds = 3;
  /** The stack's sweeper hears of a stopped execution at once, and starts another that settles the job. */
  readonly patienceSeconds = 120;
  readonly #stateMachine: string;
  readonly #client = new SFNClient(AWS_CLIENT);

  constructor(stack: string, stateMachine: string, dataDir: string) {
    this.dataDir = dataDir;
    this.#stateMachine = stateMachine;
    this.options = ` --stack ${stack}`;
    this.origin = `stack ${stack}`;
  }

  async start({ name, job_id, input }: NewExecution): Promise<string> {
    for (let count = numberedExecution(job_id, name); ; count++) {
      const next = executionName(job_id, count);
      const arn = executionArn(this.#stateMachine, next);
      try {
        const command = { stateMachineArn: this.#stateMachine, name: next, input: JSON.stringify(input) };
        return (await this.#client.send(new StartExecutionCommand(command))).executionArn ?? arn;
      } catch (error) {
        if (!(error instanceof ExecutionAlreadyExists)) throw error;
        // A name is free again 90 days after its execution's end, and a dead one is of no use.
        if ((await this.execution(arn)).alive) return arn;
      }
    }
  }

  async resume(id: string): Promise<never> {
    const { text, advice } = await this.execution(id);
    throw new Error(`the job is under way, but ${text}; ${advice}`);
  }

  async execution(id: string): Promise<ExecutionState> {
    const found = await findExecution(this.#client, id);
    if (found?.alive) return { alive: true, text: `execution ${id} is running` };
    const text = found ? `execution ${id} is ${found.status}` : `execution ${id} is no longer known`;
    return {
      alive: false,
      text,
      advice: "the stack's sweeper cancels the job and keeps what was answered, at once or within the hour",
    };
  }

  leave(): void {}

  async close(): Promise<void> {
    this.#client.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
