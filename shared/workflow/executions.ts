/** Executions of the state machine, as Step Functions describes them. */
import { DescribeExecutionCommand, ExecutionDoesNotExist, type SFNClient } from "@aws-sdk/client-sfn";

/** An execution that Step Functions knows. */
export interface KnownExecution {
  /** Step Functions' own status. */
  status: string;
  /** Whether it still runs, or will resume. */
  alive: boolean;
  /** Its input, as the JSON text that it was started with. */
  input: string;
}

/** The ARN of an execution, by the state machine's ARN and the execution's name. */
export function executionArn(stateMachine: string, name: string): string {
  return `${stateMachine.replace(":stateMachine:", ":execution:")}:${name}`;
}

/**
 * The execution of an ARN. Null: Step Functions does not know it (yet), or no longer. It forgets them
 * 90 days after their end.
 */
export async function findExecution(client: SFNClient, arn: string): Promise<KnownExecution | null> {
  try {
    const { status = "", input = "{}" } = await client.send(
      new DescribeExecutionCommand({ executionArn: arn }),
    );
    return { status, alive: status === "RUNNING" || status === "PENDING_REDRIVE", input };
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return null;
    throw error;
  }
}
