/** The distribution of each field of the answers that are JSON objects. */
import { shortText } from "./short-text.ts";

/** One field, by its name at the top level of the answers. */
export interface FieldStats {
  name: string;
  /** Answers that have it. */
  count: number;
  /** How often it was of which type. */
  types: [type: string, count: number][];
  /** Its values, the most frequent first, as text; `others` counts those beyond the first 200. */
  values: [value: string, count: number][];
  others: number;
  /** Of its numbers: null when there are none. */
  numbers: { count: number; min: number; max: number; sum: number } | null;
}

const MOST_FIELDS = 40;
const MOST_VALUES = 200;
const VALUE_CHARACTERS = 80;
const NAME_CHARACTERS = 80;

/** Counts fields as answers come. */
export class Fields {
  readonly #fields = new Map<string, Field>();

  /** Counts the fields of one answer; what is no object has none. */
  add(parsed: unknown): void {
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return;
    for (const [name, value] of Object.entries(parsed)) this.#field(name)?.add(value);
  }

  /** Adds other fields. */
  merge(fields: FieldStats[]): void {
    for (const field of fields) this.#field(field.name)?.merge(field);
  }

  toJSON(): FieldStats[] {
    return Array.from(this.#fields, ([name, field]) => ({ name, ...field.toJSON() }));
  }

  #field(name: string): Field | undefined {
    const key = shortText(name, NAME_CHARACTERS);
    if (!this.#fields.has(key) && this.#fields.size < MOST_FIELDS) this.#fields.set(key, new Field());
    return this.#fields.get(key);
  }
}

class Field {
  #count = 0;
  #others = 0;
  #numbers: FieldStats["numbers"] = null;
  readonly #types = new Map<string, number>();
  readonly #values = new Map<string, number>();

  add(value: unknown): void {
    this.#count++;
    const type = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
    addCount(this.#types, type, 1);
    if (typeof value === "number") this.#addNumbers({ count: 1, min: value, max: value, sum: value });
    if (typeof value !== "object") this.#value(shortText(String(value), VALUE_CHARACTERS), 1);
  }

  merge(other: FieldStats): void {
    this.#count += other.count;
    this.#others += other.others;
    for (const [type, count] of other.types) addCount(this.#types, type, count);
    for (const [value, count] of other.values) this.#value(value, count);
    if (other.numbers) this.#addNumbers(other.numbers);
  }

  toJSON(): Omit<FieldStats, "name"> {
    return {
      count: this.#count,
      types: [...this.#types],
      values: [...this.#values].sort(([, a], [, b]) => b - a),
      others: this.#others,
      numbers: this.#numbers,
    };
  }

  #value(value: string, count: number): void {
    if (this.#values.has(value) || this.#values.size < MOST_VALUES) addCount(this.#values, value, count);
    else this.#others += count;
  }

  #addNumbers(more: NonNullable<FieldStats["numbers"]>): void {
    const known = this.#numbers;
    this.#numbers = known
      ? {
          count: known.count + more.count,
          min: Math.min(known.min, more.min),
          max: Math.max(known.max, more.max),
          sum: known.sum + more.sum,
        }
      : more;
  }
}

function addCount(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}
