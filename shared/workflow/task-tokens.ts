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

/** Tasks of executions that wait for a callback. */
export class TaskTokens {
  readonly #client = new SFNClient(AWS_CLIENT);

  /** Ends a task's wait. @returns false when it was over; @throws AWS's error when the call fails */
  async complete(taskToken: string): Promise<boolean> {
    try {
      await this.#client.send(new SendTaskSuccessCommand({ taskToken, output: "{}" }));
      return true;
    } catch (error) {
      if (!OVER.some((type) => error instanceof type)) throw error;
      return false;
    }
  }
}
