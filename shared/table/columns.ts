/** The columns of a table of results: one row for each line of `results.jsonl`. */
import { elementsOf, type Member, membersOf, sourceAt } from "../json/source.ts";
import { isObject, type Json } from "../json/values.ts";
import type { JobSpec } from "../models.ts";
import { targetOf } from "../schema/walk-schema.ts";

/** What a column holds. Whole numbers are 64 bit; `json` is the text of lists, objects and mixed values; `vector` is of numbers. */
export type ColumnType = "integer" | "number" | "boolean" | "text" | "json" | "vector";
export type Cell = bigint | number | boolean | string | number[] | null;

export interface Column {
  name: string;
  type: ColumnType;
  /** The cell of a row, given its text. */
  cell: (row: RowText) => Cell;
}

/** A line of `results.jsonl` and where its parts stand. Numbers are taken from the text: it has all their digits. */
export class RowText {
  readonly text: string;
  readonly #members = new Map<string, Map<string, Member>>();

  constructor(text: string) {
    this.text = text;
  }

  /** The text of a member, by the path to it; null when it is not there. */
  at(...path: [string, ...string[]]): string | null {
    const name = path.at(-1) as string;
    const member = this.#of(path.slice(0, -1)).get(name);
    return member ? this.text.slice(member.start, member.end) : null;
  }

  #of(path: string[]): Map<string, Member> {
    const key = path.join("\n");
    const known = this.#members.get(key);
    if (known) return known;
    const outer = path.length === 0 ? { start: 0 } : this.#of(path.slice(0, -1)).get(path.at(-1) as string);
    const found = outer ? membersOf(this.text, outer.start) : [];
    const members = new Map(found.map((member) => [member.name, member]));
    this.#members.set(key, members);
    return members;
  }
}

/**
 * The columns of a job's results: carried columns, ours, and one for each key of the schema. Ours keep their names;
 * another of the same name gets the name of its part before it (`input.status`).
 * @param carried names of the carried columns
 * @param cost see `costColumn`
 */
export function columnsOf(spec: JobSpec, carried: readonly string[], cost: Column): Column[] {
  const own = [...ownColumns(spec), cost];
  const taken = new Set(own.map(({ name }) => name));
  const free = (name: string, part: string) => {
    let free = name;
    while (taken.has(free)) free = `${part}.${free}`;
    taken.add(free);
    return free;
  };
  const input = carried.map((name): Column => {
    return { name: free(name, "input"), type: "text", cell: (row) => textCell(row.at("input", name)) };
  });
  const answer = schemaKeys(spec.schema).map(({ name, type }): Column => {
    return {
      name: free(name, "answer"),
      type,
      cell: (row) => cellOf(row.at("response", "parsed", name), type),
    };
  });
  const place = own.findIndex(({ name }) => name === "prompt_tokens");
  return [...own.slice(0, 2), ...input, ...own.slice(2, place), ...answer, ...own.slice(place)];
}

function ownColumns(spec: JobSpec): Column[] {
  const column = (name: string, type: ColumnType, ...path: [string, ...string[]]): Column => {
    return { name, type, cell: (row) => cellOf(row.at(...path), type) };
  };
  const tokens = (name: string) => column(name, "integer", "response", "usage", name);
  const vector: Column = { name: "embedding", type: "vector", cell: vectorCell };
  return [
    column("line", "integer", "line"),
    column("custom_id", "text", "custom_id"),
    column("status", "text", "status"),
    column("error", "text", "error"),
    ...(spec.endpoint === "/v1/embeddings" ? [vector] : [column("content", "text", "response", "content")]),
    column("finish_reason", "text", "response", "finish_reason"),
    ...["prompt_tokens", "completion_tokens", "total_tokens"].map(tokens),
  ];
}

/** The first vector of an embedding. */
function vectorCell(row: RowText): Cell {
  const parsed = row.at("response", "parsed");
  const vector = parsed && sourceAt(parsed, 0);
  return vector?.startsWith("[")
    ? elementsOf(vector).map(({ start, end }) => Number(vector.slice(start, end)))
    : null;
}

/** A value as text: of a string the string itself, of anything else its JSON. */
export function textCell(source: string | null): string | null {
  if (source === null || source === "null") return null;
  return source.startsWith('"') ? JSON.parse(source) : source;
}

/** A value as a cell of that type; null where it is of another. */
function cellOf(source: string | null, type: ColumnType): Cell {
  if (source === null || source === "null") return null;
  switch (type) {
    case "integer":
      return integerCell(source);
    case "number": {
      const number = Number(source);
      return /^[-\d]/.test(source) && Number.isFinite(number) ? number : null;
    }
    case "boolean":
      return source === "true" ? true : source === "false" ? false : null;
    case "text":
      return textCell(source);
    default:
      return source;
  }
}

/** JSON Schema takes `1.0` and `1e3` for whole numbers, too. */
function integerCell(source: string): bigint | null {
  if (!/^-?\d/.test(source)) return null;
  const plain = /^-?\d+$/.test(source)
    ? source
    : Number.isSafeInteger(Number(source))
      ? Number(source)
      : null;
  if (plain === null) return null;
  const value = BigInt(plain);
  return BigInt.asIntN(64, value) === value ? value : null;
}

/** The properties at the root of a schema, and the type of column that holds each. */
export function schemaKeys(schema: Json | undefined): { name: string; type: ColumnType }[] {
  if (!schema || !isObject(schema.properties)) return [];
  return Object.entries(schema.properties).map(([name, part]) => ({ name, type: typeOf(schema, part) }));
}

const TYPES = new Map<unknown, ColumnType>([
  ["integer", "integer"],
  ["number", "number"],
  ["boolean", "boolean"],
  ["string", "text"],
]);

/** The one type that a part of a schema allows beside null; `json` for several, for lists and objects. */
function typeOf(schema: Json, part: unknown, depth = 0): ColumnType {
  if (!isObject(part) || depth > 10) return "json";
  const inner = (value: unknown) => typeOf(schema, value, depth + 1);
  if (typeof part.$ref === "string") return inner(targetOf(schema, part.$ref));
  const choices =
    part.anyOf ??
    part.oneOf ??
    part.allOf ??
    (Array.isArray(part.type) ? part.type.map((type) => ({ ...part, type })) : null);
  if (Array.isArray(choices)) {
    const types = new Set(choices.filter((choice) => !isObject(choice) || choice.type !== "null").map(inner));
    const [only] = types;
    return types.size === 1 && only ? only : "json";
  }
  const given = part.enum ?? ("const" in part ? [part.const] : null);
  if (Array.isArray(given) && part.type === undefined) {
    return given.every((value) => value === null || typeof value === "string") ? "text" : "json";
  }
  return TYPES.get(part.type) ?? "json";
}
