import {
  InvalidToken,
  SendTaskSuccessCommand,
  SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from "@aws-sdk/client-sfn";
import { AWS_CLIENT } from "../aws-client.ts";

/** What Step Functions says of a task that waits no longer. */
const OVER = [TaskTimedOut, TaskDoesNotExist, InvalidToken];

/** Tasks of executions that wait for a callback. */
export class TaskTokens {
  readonly #client = new SFNClient(AWS_CLIENT);

  /** Ends a task's wait; false when it was over. @throws AWS's error when it cannot be told now */
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
