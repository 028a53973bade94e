/** Rows as texts: the cells of a table, and JSON objects with names of their own. */
import { Escaper } from "../json/escape.ts";
import { membersOf, onOneLine, sourceAt } from "../json/source.ts";
import { isObject, type Json } from "../json/values.ts";
import type { InputCell, InputColumn } from "./parquet.ts";
import { type Text, Utf8Text } from "./utf8-text.ts";

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
  /** A column's text as it stands inside of a JSON string; empty where the row has no value, undefined as above. */
  escaped(column: string): Text | undefined;
  names(): string[];
  /** These columns, or all, as the JSON text of an object, good until the next; undefined for none. */
  carried(columns?: readonly string[]): string | Utf8Text | undefined;
}

/** The cells of one row; made once for a table, and given a row at a time. */
export class CellTexts implements RowTexts {
  readonly #columns: readonly InputColumn[];
  readonly #index: Map<string, number>;
  /** How each carried member begins, up to its value. */
  readonly #heads: Buffer[];
  readonly #json = new Utf8Text();
  readonly #escapers: Escaper[];
  #cells: readonly InputCell[] = [];
  /** The escaped texts of the cells that were asked for: a prompt has what is carried, too. */
  #escaped: (Text | undefined)[] = [];

  constructor(columns: readonly InputColumn[]) {
    this.#columns = columns;
    this.#index = new Map(columns.map(({ name }, at) => [name, at]));
    this.#heads = columns.map(({ name }) => Buffer.from(`${JSON.stringify(name)}:`));
    this.#escapers = columns.map(() => new Escaper());
  }

  set cells(cells: readonly InputCell[]) {
    this.#cells = cells;
    for (let at = 0; at < this.#columns.length; at++) this.#escaped[at] = undefined;
  }

  text(column: string): string | null | undefined {
    const at = this.#index.get(column);
    return at === undefined ? undefined : (this.#cells[at]?.toString() ?? null);
  }

  escaped(column: string): Text | undefined {
    const at = this.#index.get(column);
    return at === undefined ? undefined : this.#escape(at);
  }

  #escape(at: number): Text {
    const cell = this.#cells[at] ?? "";
    this.#escaped[at] ??=
      typeof cell === "string"
        ? JSON.stringify(cell).slice(1, -1)
        : (this.#escapers[at] as Escaper).escape(cell);
    return this.#escaped[at];
  }

  names(): string[] {
    return [...this.#index.keys()];
  }

  carried(columns?: readonly string[]): Utf8Text | undefined {
    const indexes = columns ? columns.map((name) => this.#index.get(name) as number) : this.#index.values();
    const json = this.#json.clear();
    for (const at of indexes) {
      json.add(json.bytes === 0 ? "{" : ",").add(this.#heads[at] as Buffer);
      this.#addJson(at);
    }
    return json.bytes === 0 ? undefined : json.add("}");
  }

  #addJson(at: number): void {
    const json = this.#json;
    const cell = this.#cells[at];
    if (cell === null || cell === undefined) json.add("null");
    else if (this.#columns[at]?.isJson && !/^(NaN|-?Infinity)$/.test(cell as string)) json.add(cell);
    else json.add('"').add(this.#escape(at)).add('"');
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

  escaped(column: string): string | undefined {
    const text = this.text(column);
    return text === undefined ? undefined : JSON.stringify(text ?? "").slice(1, -1);
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
