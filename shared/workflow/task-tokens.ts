/** Tasks of executions that wait for a callback, in a file of its own. What wakes none needs no client of Step Functions. */
import {
  InvalidToken,
  SendTaskSuccessCommand,
  SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from "@aws-sdk/client-sfn";
import { AWS_CLIENT } from "../aws-client.ts";

/** Step Functions' errors for a task that no longer waits. */
const OVER = [TaskTimedOut, TaskDoesNotExist, InvalidToken];

const client = new SFNClient(AWS_CLIENT);

/** Ends a task's wait. @returns false when it was over; @throws AWS's error when the call fails */
export async function completeTask(taskToken: string): Promise<boolean> {
  try {
    await client.send(new SendTaskSuccessCommand({ taskToken, output: "{}" }));
    return true;
  } catch (error) {
    if (!OVER.some((type) => error instanceof type)) throw error;
    return false;
  }
}
