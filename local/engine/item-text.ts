/** A record as text, with what the document client's marshalling makes of it and refuses. */
import type { Item } from "../../shared/records/port.ts";

/** DynamoDB refuses an item of more than 400 KB. */
const LARGEST_ITEM = 400 * 1024;

/** A record's JSON, in which a set is a list, and the JSON of the names of its sets. */
export interface ItemText {
  item: string;
  sets: string;
}

/** @throws Error for what DynamoDB does not take */
export function textOf(attributes: Item): ItemText {
  const names = Object.keys(attributes).filter((name) => attributes[name] instanceof Set);
  const item = JSON.stringify(attributes, function (this: Item, name, value) {
    if (typeof value === "number" && !Number.isFinite(value))
      throw new Error(`${name}: special numeric value ${value} is not allowed`);
    if (!(value instanceof Set)) return value;
    if (this !== attributes) throw new Error(`${name}: sets stand at the top level of a record only`);
    return [...value];
  });
  if (Buffer.byteLength(item) > LARGEST_ITEM)
    throw new Error("Item size has exceeded the maximum allowed size");
  return { item, sets: JSON.stringify(names) };
}

export function itemOf({ item, sets }: ItemText): Item {
  const attributes = JSON.parse(item) as Item;
  for (const name of JSON.parse(sets) as string[]) {
    // biome-ignore lint/plugin: attributes of our own records
    attributes[name] = new Set(attributes[name] as unknown[]);
  }
  return attributes;
}
