/** DynamoDB's condition and update expressions, as far as `shared/records/table.ts` speaks them; anything else throws. */
import type { Item, Placeholders } from "../../shared/records/port.ts";

const TOKEN = /\s*(<>|<=|>=|[()=<>,+-]|[#:]?[A-Za-z_][\w.]*)/y;

/** By text: the expressions stand in the code, so they are few. */
const KNOWN = new Map<string, readonly string[]>();

function tokens(text: string): readonly string[] {
  const known = KNOWN.get(text);
  if (known) return known;
  const found: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const match = TOKEN.exec(text);
    if (!match) throw new Error(`the table cannot read the expression ${text}`);
    found.push(match[1] as string);
  }
  KNOWN.set(text, found);
  return found;
}

/** One expression on its way through; every method consumes what it reads. */
class Reader {
  readonly #tokens: readonly string[];
  #at = 0;
  readonly #names: Record<string, string>;
  readonly #values: Item;

  constructor(text: string, placeholders: Placeholders) {
    this.#tokens = tokens(text);
    this.#names = placeholders.ExpressionAttributeNames ?? {};
    this.#values = placeholders.ExpressionAttributeValues ?? {};
  }

  get next(): string | undefined {
    return this.#tokens[this.#at];
  }

  take(expected?: string): string {
    const token = this.#tokens[this.#at++];
    if (token === undefined || (expected !== undefined && token !== expected)) {
      throw new Error(`the table expected ${expected ?? "more"} in an expression, and found ${token}`);
    }
    return token;
  }

  takeIf(word: string): boolean {
    if (this.next?.toUpperCase() !== word) return false;
    this.#at++;
    return true;
  }

  name(): string {
    const token = this.take();
    return token.startsWith("#") ? (this.#names[token] ?? missing(token)) : token;
  }

  operand(item: Item): unknown {
    const token = this.next;
    if (token?.startsWith(":")) {
      this.take();
      if (!(token in this.#values)) missing(token);
      return this.#values[token];
    }
    if (token === "if_not_exists") {
      this.take();
      this.take("(");
      const current = item[this.name()];
      this.take(",");
      const otherwise = this.operand(item);
      this.take(")");
      return current ?? otherwise;
    }
    return item[this.name()];
  }
}

function missing(placeholder: string): never {
  throw new Error(`the expression names ${placeholder}, which was not given`);
}

/** Whether a condition holds for an item; no item is an empty one. */
export function holds(condition: string, item: Item, placeholders: Placeholders): boolean {
  const reader = new Reader(condition, placeholders);
  const result = either(reader, item);
  if (reader.next !== undefined) throw new Error(`the table cannot read the condition ${condition}`);
  return result;
}

/** The value of the partition key, which a key condition names first. */
export function partitionOf(condition: string, placeholders: Placeholders): string {
  const reader = new Reader(condition, placeholders);
  reader.name();
  reader.take("=");
  return String(reader.operand({}));
}

function either(reader: Reader, item: Item): boolean {
  let result = both(reader, item);
  while (reader.takeIf("OR")) result = both(reader, item) || result;
  return result;
}

function both(reader: Reader, item: Item): boolean {
  let result = single(reader, item);
  while (reader.takeIf("AND")) result = single(reader, item) && result;
  return result;
}

function single(reader: Reader, item: Item): boolean {
  if (reader.takeIf("NOT")) return !single(reader, item);
  if (reader.next === "(") {
    reader.take();
    const result = either(reader, item);
    reader.take(")");
    return result;
  }
  const word = reader.next;
  if (word === "attribute_exists" || word === "attribute_not_exists") {
    reader.take();
    reader.take("(");
    const exists = item[reader.name()] !== undefined;
    reader.take(")");
    return exists === (word === "attribute_exists");
  }
  if (word === "begins_with") {
    reader.take();
    reader.take("(");
    const value = item[reader.name()];
    reader.take(",");
    const prefix = String(reader.operand(item));
    reader.take(")");
    return typeof value === "string" && value.startsWith(prefix);
  }
  const left = reader.operand(item);
  return compare(left, reader.take(), reader.operand(item));
}

function compare(left: unknown, operator: string, right: unknown): boolean {
  const equal =
    left !== undefined &&
    (left === right || (typeof left === "object" && JSON.stringify(left) === JSON.stringify(right)));
  if (operator === "=") return equal;
  if (operator === "<>") return !equal;
  if (typeof left !== typeof right || (typeof left !== "number" && typeof left !== "string")) return false;
  const [a, b] = [left as number, right as number];
  if (operator === "<") return a < b;
  if (operator === "<=") return a <= b;
  if (operator === ">") return a > b;
  if (operator === ">=") return a >= b;
  throw new Error(`the table does not know the operator ${operator}`);
}

export function updated(expression: string, item: Item, placeholders: Placeholders): Item {
  const reader = new Reader(expression, placeholders);
  const result = { ...item };
  while (reader.next !== undefined) {
    const clause = reader.take().toUpperCase();
    do {
      const name = reader.name();
      if (clause === "REMOVE") delete result[name];
      // biome-ignore lint/plugin: attributes of our own records, which our own expressions name
      else if (clause === "ADD") result[name] = added(item[name], reader.operand(item));
      // biome-ignore lint/plugin: the same
      else if (clause === "SET") result[name] = assigned(reader, item);
      else throw new Error(`the table does not know the clause ${clause}`);
    } while (reader.takeIf(","));
  }
  return result;
}

function added(to: unknown, value: unknown): unknown {
  if (!(value instanceof Set)) return Number(to ?? 0) + Number(value);
  return new Set([...((to as Set<unknown> | undefined) ?? []), ...value]);
}

function assigned(reader: Reader, item: Item): unknown {
  reader.take("=");
  const left = reader.operand(item);
  if (reader.takeIf("+")) return Number(left) + Number(reader.operand(item));
  if (reader.takeIf("-")) return Number(left) - Number(reader.operand(item));
  return left;
}
