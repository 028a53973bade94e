/** DynamoDB in memory, at the level of the document client's commands. */
import {
  ConditionalCheckFailedException,
  ProvisionedThroughputExceededException,
} from "@aws-sdk/client-dynamodb";
import { holds, updated } from "../../local/engine/expressions.ts";
import type { Item, Placeholders } from "../../shared/records/port.ts";
import { call } from "./calls.ts";
import { lossy } from "./lossy.ts";
import type { World } from "./world.ts";

/** A command of the document client: its class says what it does. */
export interface Command {
  input: object;
  constructor: { name: string };
}

interface Input extends Placeholders {
  Key?: { pk: string; sk: string };
  Item?: Item & { pk: string; sk: string };
  ConditionExpression?: string;
  UpdateExpression?: string;
  KeyConditionExpression?: string;
  IndexName?: string;
  ExclusiveStartKey?: { pk: string; sk: string };
  ConsistentRead?: boolean;
  ReturnValues?: string;
}

/** DynamoDB refuses an item of more than 400 KB. */
const LARGEST_ITEM = 400 * 1024;
/** How long a read that need not be consistent may be behind, in ms. */
const BEHIND = 5000;
/** Records of a page of a query: small, so that jobs have several. */
const PAGE = 3;

/** The one table. */
export class SimulatedTable {
  readonly items = new Map<string, Item>();
  /** What a read that need not be consistent still sees until a moment after the last write. */
  readonly #stale = new Map<string, { item: Item | undefined; until: number }>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Stands for the document client's `send`. */
  send(command: Command): Promise<object> {
    const input = throughMarshalling(command.input as Input);
    const name = `table.${command.constructor.name.replace("Command", "")} ${keyOf(input.Item ?? input.Key ?? {})}`;
    const throttled = () =>
      new ProvisionedThroughputExceededException({ message: "throttled", $metadata: {} });
    return call(this.#world, name, () =>
      lossy(this.#world, "table", throttled, () => this.act(command.constructor.name, input)),
    );
  }

  /** What DynamoDB does when a call arrives. */
  act(command: string, input: Input): object {
    switch (command) {
      case "GetCommand":
        return {
          Item: throughMarshalling(this.#read(keyOf(input.Key ?? {}), input.ConsistentRead === true)),
        };
      case "PutCommand":
        this.#write(input, () => input.Item as Item);
        return {};
      case "UpdateCommand":
        this.#write(input, (item) => updated(input.UpdateExpression ?? "", { ...item, ...input.Key }, input));
        return input.ReturnValues === undefined
          ? {}
          : { Attributes: throughMarshalling(this.items.get(keyOf(input.Key ?? {}))) };
      case "DeleteCommand":
        this.#write(input, () => undefined);
        return {};
      case "QueryCommand":
        return this.#query(input);
      default:
        throw new Error(`the simulated table does not know ${command}`);
    }
  }

  #read(key: string, consistent: boolean): Item | undefined {
    const stale = consistent ? undefined : this.#stale.get(key);
    return stale && this.#world.time.now < stale.until ? stale.item : this.items.get(key);
  }

  #write(input: Input, next: (item: Item) => Item | undefined): void {
    const key = keyOf(input.Item ?? input.Key ?? {});
    const item = this.items.get(key);
    if (input.ConditionExpression && !holds(input.ConditionExpression, item ?? {}, input)) {
      throw new ConditionalCheckFailedException({ message: "The conditional request failed", $metadata: {} });
    }
    const written = next(item ?? {});
    this.#stale.set(key, { item, until: this.#world.time.now + BEHIND });
    if (written === undefined) this.items.delete(key);
    else if (JSON.stringify(written).length > LARGEST_ITEM)
      throw new Error("Item size has exceeded the maximum allowed size");
    else this.items.set(key, written);
  }

  /** Sets an attribute of a record, as people do in the console. */
  set(key: string, attribute: string, value: unknown): void {
    this.items.set(key, { ...this.items.get(key), [attribute]: value });
  }

  #age(key: string): number {
    return Number(this.items.get(key)?.created_at);
  }

  #query(input: Input): object {
    const matching = [...this.items.keys()].filter((key) =>
      holds(input.KeyConditionExpression ?? "", this.items.get(key) ?? {}, input),
    );
    // The one index is read newest first.
    const sorted = input.IndexName ? matching.sort((a, b) => this.#age(b) - this.#age(a)) : matching.sort();
    const after = input.ExclusiveStartKey ? sorted.indexOf(keyOf(input.ExclusiveStartKey)) + 1 : 0;
    const found = sorted.slice(after);
    const page = found
      .slice(0, PAGE)
      .map((key) => this.#read(key, input.ConsistentRead === true))
      .filter((item) => item !== undefined);
    const last = found.length > PAGE ? this.items.get(found[PAGE - 1] as string) : undefined;
    return {
      Items: throughMarshalling(page),
      ...(last && { LastEvaluatedKey: { pk: last.pk, sk: last.sk } }),
    };
  }
}

function keyOf({ pk, sk }: { pk?: unknown; sk?: unknown }): string {
  return `${pk}|${sk}`;
}

/** The document client's marshalling with `removeUndefinedValues`, and what it refuses: a copy of its own. */
export function throughMarshalling<T>(value: T): T {
  return copied(value) as T;
}

function copied(value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new Error("Special numeric value is not allowed");
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((element) => (element === undefined ? null : copied(element)));
  if (value instanceof Set) return new Set(value);
  const copy: Item = {};
  for (const key of Object.keys(value)) {
    const field = (value as Item)[key];
    if (field === undefined) continue;
    if (key === "__proto__") Object.defineProperty(copy, key, OWN(copied(field)));
    else copy[key] = copied(field);
  }
  return copy;
}

const OWN = (value: unknown) => ({ value, enumerable: true, configurable: true, writable: true });
