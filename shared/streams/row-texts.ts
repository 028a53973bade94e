/** Rows as texts: the cells of a table, and JSON objects with names of their own. */
import { membersOf, onOneLine, sourceAt } from "../json/source.ts";
import { isObject, type Json } from "../providers/wire/json.ts";
import type { Column } from "./parquet.ts";

/** Names of `custom_id`'s column where none is given. */
export const ID_COLUMNS = ["custom_id", "id"];

/** A JSON object, and the text it was made of. */
export interface LineObject {
  object: Json;
  text: string;
}

/** A row as texts. */
export interface RowTexts {
  /** A column's text; null where the row has no value, undefined where there is no such column. */
  text(column: string): string | null | undefined;
  /** The JSON text of a column's text, `""` where there is none. */
  quoted(column: string): string;
  /** The names of its columns. */
  names(): string[];
  /** These columns, or all, as the JSON text of an object; undefined for none. */
  carried(columns?: readonly string[]): string | undefined;
}

/** The cells of one row; made once for a table, and given a row at a time. */
export class CellTexts implements RowTexts {
  readonly #columns: readonly Column[];
  readonly #index: Map<string, number>;
  /** How each carried member begins, up to its value. */
  readonly #heads: string[];
  #cells: readonly (string | null)[] = [];
  /** The JSON texts of the cells that were asked for: a prompt has what is carried, too. */
  #quoted: (string | undefined)[] = [];

  constructor(columns: readonly Column[]) {
    this.#columns = columns;
    this.#index = new Map(columns.map(({ name }, at) => [name, at]));
    this.#heads = columns.map(({ name }) => `${JSON.stringify(name)}:`);
  }

  set cells(cells: readonly (string | null)[]) {
    this.#cells = cells;
    this.#quoted.fill(undefined);
  }

  text(column: string): string | null | undefined {
    const at = this.#index.get(column);
    return at === undefined ? undefined : (this.#cells[at] ?? null);
  }

  quoted(column: string): string {
    return this.#quote(this.#index.get(column));
  }

  #quote(at = -1): string {
    this.#quoted[at] ??= JSON.stringify(this.#cells[at] ?? "");
    return this.#quoted[at];
  }

  names(): string[] {
    return [...this.#index.keys()];
  }

  carried(columns?: readonly string[]): string | undefined {
    const indexes = columns ? columns.map((name) => this.#index.get(name) as number) : this.#index.values();
    let json = "";
    for (const at of indexes) json += (json === "" ? "{" : ",") + this.#heads[at] + this.#json(at);
    return json === "" ? undefined : `${json}}`;
  }

  #json(at: number): string {
    const cell = this.#cells[at];
    if (cell === null || cell === undefined) return "null";
    const isBare = this.#columns[at]?.isJson && !/^(NaN|-?Infinity)$/.test(cell);
    return isBare ? cell : this.#quote(at);
  }
}

/** A JSON object; its numbers as they are written. */
export class JsonTexts implements RowTexts {
  readonly #line: LineObject;
  #texts: Map<string, string> | undefined;

  constructor(line: LineObject) {
    this.#line = line;
  }

  names(): string[] {
    return Object.keys(this.#line.object);
  }

  text(path: string): string | null | undefined {
    if (Object.hasOwn(this.#line.object, path))
      return valueText(this.#line.object[path], () => this.#source(path));
    const [first = "", ...rest] = path.split(".");
    let value = Object.hasOwn(this.#line.object, first) ? this.#line.object[first] : undefined;
    let source = () => this.#source(first);
    for (const name of rest) {
      if (!isObject(value) || !Object.hasOwn(value, name)) return value === null ? null : undefined;
      value = value[name];
      const outer = source;
      source = () => sourceAt(outer(), name) ?? "";
    }
    return valueText(value, source);
  }

  quoted(column: string): string {
    return JSON.stringify(this.text(column) ?? "");
  }

  carried(columns?: readonly string[]): string | undefined {
    if (!columns) return onOneLine(this.#line.text).trim();
    const members = columns.flatMap((name) => {
      const text = Object.hasOwn(this.#line.object, name) ? this.#source(name) : undefined;
      return text === undefined ? [] : [`${JSON.stringify(name)}:${onOneLine(text)}`];
    });
    return members.length === 0 ? undefined : `{${members.join(",")}}`;
  }

  #source(name: string): string {
    const { text } = this.#line;
    this.#texts ??= new Map(membersOf(text).map(({ name, start, end }) => [name, text.slice(start, end)]));
    return this.#texts.get(name) ?? "";
  }
}

function valueText(value: unknown, source: () => string): string | null | undefined {
  if (typeof value === "string" || value === null || value === undefined) return value;
  return typeof value === "boolean" ? String(value) : source();
}
