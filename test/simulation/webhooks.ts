/** OpenAI's webhooks and Bedrock's events: waits that park a token in the table, and deliveries that give it back. */
import { TaskTimedOut } from "@aws-sdk/client-sfn";
import type { ProviderName } from "../../shared/models.ts";
import type { Item } from "../../shared/records/port.ts";
import { call } from "./calls.ts";
import type { Lambdas } from "./lambdas.ts";
import type { SimulatedBatch } from "./provider-batches.ts";
import type { Random } from "./random.ts";
import type { SimulatedTable } from "./table.ts";
import type { World } from "./world.ts";

const MINUTE = 60_000;
/** Who takes the news of an ended batch, in which form, and how often a delivery is tried. EventBridge: `bedrock-events.ts`. */
const RECEIVERS: Partial<
  Record<ProviderName, { lambda: string; most: number; event: (id: string) => object }>
> = {
  openai: { lambda: "receive-webhook", most: 10, event: (id) => ({ id }) },
  bedrock: {
    lambda: "receive-bedrock-event",
    most: 3,
    event: (batchJobArn) => ({ detail: { batchJobArn } }),
  },
};

/** A call of the state machine to DynamoDB: values are DynamoDB's own. */
type Values = Record<string, { S?: string; N?: string }>;
interface Parked {
  Key: Values;
  UpdateExpression: string;
  ConditionExpression: string;
  ExpressionAttributeNames: Record<string, string>;
  ExpressionAttributeValues: Values;
  wait_seconds: number;
}

/** The waits and the deliveries of one simulation. */
export class Webhooks {
  readonly #world: World;
  readonly #random: Random;
  readonly #table: SimulatedTable;
  readonly #lambdas: Lambdas;
  readonly #waiting = new Map<string, { until: number; end: (output: object) => void }>();
  #waits = 0;

  constructor(world: World, random: Random, table: SimulatedTable, lambdas: Lambdas) {
    this.#world = world;
    this.#random = random;
    this.#table = table;
    this.#lambdas = lambdas;
  }

  /** What `WaitForProvider` calls: its interpreter ends the wait by the clock. */
  async park(input: unknown): Promise<unknown> {
    const { wait_seconds, Key, ExpressionAttributeValues, ...expressions } = input as Parked;
    const until = this.#world.time.now + wait_seconds * 1000;
    const token = `token-${++this.#waits}`;
    const values = { ...plain(ExpressionAttributeValues), ":token": token };
    await call(this.#world, "states.park", () => {
      try {
        const update = { ...expressions, Key: plain(Key) as never, ExpressionAttributeValues: values };
        this.#table.act("UpdateCommand", update);
      } catch (error) {
        const { name, message } = error as Error;
        throw Object.assign(new Error(message), {
          name: `DynamoDb.${name.replace("Exception", "")}Exception`,
        });
      }
    });
    return new Promise((end) => this.#waiting.set(token, { until, end }));
  }

  /** `SendTaskSuccess`. */
  complete(token: string): object {
    const waiting = this.#waiting.get(token);
    this.#waiting.delete(token);
    if (!waiting || this.#world.time.now >= waiting.until)
      throw new TaskTimedOut({ message: "the task is over", $metadata: {} });
    this.#world.faults.count("wait ended by news");
    waiting.end({});
    return {};
  }

  /** Tells of a batch's end, as its provider does: soon, until a delivery is answered, perhaps twice or never. */
  async deliver(provider: ProviderName, { id }: SimulatedBatch): Promise<void> {
    const receiver = RECEIVERS[provider];
    if (!receiver) return;
    const { time, faults } = this.#world;
    if (faults.strikes("webhook lost", 0.5)) return;
    const again = faults.strikes("webhook again", 0.5);
    for (let left = receiver.most; left > 0; left--) {
      await time.sleep(this.#random.pick([this.#random.int(1, 5000), this.#random.int(1, 20 * MINUTE)]));
      const taken = await this.#lambdas.invoke(`functions/${receiver.lambda}`, receiver.event(id)).then(
        () => true,
        () => false,
      );
      if (taken && !(again && left === receiver.most)) return;
    }
  }
}

function plain(values: Values): Item {
  return Object.fromEntries(Object.entries(values).map(([name, { S, N }]) => [name, S ?? Number(N)]));
}
