/** Step Functions, as far as tasks go that wait for a callback: their tokens are parked in the real table. */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { AttributeValue, UpdateItemCommandInput } from "@aws-sdk/client-dynamodb";
import { afterAll } from "vitest";
import { ConditionFailedError, type Item, type RecordKey } from "../../shared/records/port.ts";
import { table } from "../../shared/records/store.ts";

/** Waits for callbacks, for an engine with `park`, and for the `SendTaskSuccess` of this process's AWS clients. */
export class CallbackTasks {
  /** Called before a token is parked, with the number of the wait, from 1. */
  beforePark: (wait: number) => Promise<unknown> = async () => {};
  /** Waits that were ended by their token, and tokens that were refused as their wait was over. */
  readonly ended = { woken: 0, tooLate: 0 };
  readonly #waiting = new Map<string, { until: number; end: (output: object) => void }>();
  #waits = 0;

  /** Parks a token as the state's parameters say; ends when it comes back. */
  readonly park = async (input: unknown): Promise<unknown> => {
    const { wait_seconds, ...call } = input as UpdateItemCommandInput & { wait_seconds: number };
    // The interpreter ends waits by the clock, and does not say so. Its time runs from here on.
    const until = Date.now() + wait_seconds * 1000;
    await this.beforePark(++this.#waits);
    const token = randomUUID();
    const ExpressionAttributeValues = { ...plain(call.ExpressionAttributeValues), ":token": token };
    const { UpdateExpression = "", ConditionExpression, ExpressionAttributeNames } = call;
    const expressions = { UpdateExpression, ConditionExpression, ExpressionAttributeNames };
    try {
      const Key = plain(call.Key) as unknown as RecordKey;
      await (await table()).update({ Key, ...expressions, ExpressionAttributeValues });
    } catch (error) {
      if (!(error instanceof ConditionFailedError)) throw error;
      throw Object.assign(new Error(error.message), { name: "DynamoDb.ConditionalCheckFailedException" });
    }
    return new Promise((end) => this.#waiting.set(token, { until, end }));
  };

  /** Makes this process's clients of Step Functions call this one, for a test file. */
  async listen(): Promise<void> {
    const server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const wake = this.#take((JSON.parse(body) as { taskToken: string }).taskToken);
      response.statusCode = wake ? 200 : 400;
      response.end(JSON.stringify(wake ? {} : { __type: "TaskTimedOut", message: "the task is over" }));
      wake?.({});
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    process.env.AWS_ENDPOINT_URL_SFN = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    afterAll(() => void server.close());
  }

  #take(token: string): ((output: object) => void) | undefined {
    const waiting = this.#waiting.get(token);
    this.#waiting.delete(token);
    const intime = waiting !== undefined && Date.now() < waiting.until;
    this.ended[intime ? "woken" : "tooLate"]++;
    return intime ? waiting.end : undefined;
  }
}

/** Attribute values as plain ones: the state machine has texts and numbers. */
function plain(values: Record<string, AttributeValue> = {}): Item {
  return Object.fromEntries(Object.entries(values).map(([name, { S, N }]) => [name, S ?? Number(N)]));
}
