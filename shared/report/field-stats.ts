/** The distribution of each field of the answers that are JSON objects. */
import { isObject } from "../json/values.ts";
import { addCount } from "./histogram.ts";
import { shortText } from "./short-text.ts";

/** One field, by its way from the top of the answers: `address.city`. */
export interface FieldStats {
  name: string;
  /** Answers that have it. */
  count: number;
  /** How often it was of which type. */
  types: [type: string, count: number][];
  /** Its values, or those in its lists, the most frequent first; `others` counts those beyond the first 200. */
  values: [value: string, count: number][];
  others: number;
  /** Of its numbers: null when there are none. */
  numbers: { count: number; min: number; max: number; sum: number } | null;
}

const MOST_FIELDS = 40;
const MOST_VALUES = 200;
const VALUE_CHARACTERS = 80;
const NAME_CHARACTERS = 80;
/** Objects in objects: deeper ones are counted as one value. */
const MOST_DEPTH = 3;
/** Elements of a list that are counted. */
const MOST_ELEMENTS = 100;

/** Counts the fields of answers: the first 40 names, the rest are left out. */
export class AnswerFields {
  readonly #fields = new Map<string, Field>();

  /** Counts the fields of one answer; what is no object has none. */
  add(parsed: unknown): void {
    if (isObject(parsed)) this.#add(parsed, "", 1);
  }

  merge(fields: FieldStats[]): void {
    for (const field of fields) this.#field(field.name)?.merge(field);
  }

  toJSON(): FieldStats[] {
    return Array.from(this.#fields, ([name, field]) => ({ name, ...field.toJSON() }));
  }

  #add(parsed: object, within: string, depth: number): void {
    for (const [key, value] of Object.entries(parsed)) {
      const name = within + key;
      this.#field(name)?.add(value);
      if (isObject(value) && depth < MOST_DEPTH) this.#add(value, `${name}.`, depth + 1);
    }
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
  /** Set when there are too many different numbers to list each: they are then rounded to two digits. */
  #rounds = false;
  readonly #types = new Map<string, number>();
  #values = new Map<string, number>();

  add(value: unknown): void {
    this.#count++;
    const type = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
    addCount(this.#types, type, 1);
    const values = Array.isArray(value) ? value.slice(0, MOST_ELEMENTS) : [value];
    for (const one of values) if (one !== null && typeof one !== "object") this.#addScalar(one);
  }

  merge(other: FieldStats): void {
    this.#count += other.count;
    this.#others += other.others;
    for (const [type, count] of other.types) addCount(this.#types, type, count);
    if (other.numbers) this.#addNumbers(other.numbers);
    for (const [value, count] of other.values) this.#addValue(value, count);
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

  #addScalar(value: unknown): void {
    if (typeof value === "number" && Number.isFinite(value))
      this.#addNumbers({ count: 1, min: value, max: value, sum: value });
    this.#addValue(shortText(String(value), VALUE_CHARACTERS), 1);
  }

  #addValue(value: string, count: number): void {
    const name = this.#rounds ? rounded(value) : value;
    if (this.#values.has(name) || this.#values.size < MOST_VALUES) addCount(this.#values, name, count);
    else if (this.#rounds || !this.#numbers) this.#others += count;
    else {
      this.#rounds = true;
      const values = this.#values;
      this.#values = new Map();
      for (const [one, times] of values) addCount(this.#values, rounded(one), times);
      this.#addValue(value, count);
    }
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

/** A number with two digits that count; another text as it is. */
function rounded(value: string): string {
  const number = Number(value);
  return value !== "" && Number.isFinite(number) ? String(Number(number.toPrecision(2))) : value;
}
