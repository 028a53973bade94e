/** Parsers of option values. Commander reports what they throw, with the option's name. */
import { InvalidArgumentError } from "commander";
import type * as z from "zod";
import { exactJson } from "../shared/json/exact.ts";
import { isObject } from "../shared/json/values.ts";

/** A value that a setting's schema accepts. `read` turns the text into what the schema is about. */
export function setting(
  schema: z.ZodType,
  read: (text: string) => unknown = String,
): (text: string) => unknown {
  return (text) => {
    const result = schema.safeParse(text.trim() === "" ? text : read(text));
    if (result.success) return result.data;
    throw new InvalidArgumentError(`${result.error.issues[0]?.message ?? "is not valid"}.`);
  };
}

export function jsonObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = exactJson(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof RangeError ? `${error.message}.` : "It is not JSON.");
  }
  if (isObject(value)) return value;
  throw new InvalidArgumentError("It must be a JSON object.");
}

/** An option that may be given several times. */
export function several(text: string, before: string[] = []): string[] {
  return [...before, text];
}

/** Names with commas between them. */
export function list(text: string): string[] {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** An http or https URL. */
export function url(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? "")) return text;
  throw new InvalidArgumentError("It must be an http or https URL.");
}

/** Line numbers with commas between them, each once: `3,17`. */
export function lineNumbers(text: string): number[] {
  const lines = text.split(",").map((part) => (/^\s*\d{1,12}\s*$/.test(part) ? Number(part) : 0));
  if (lines.some((line) => line === 0))
    throw new InvalidArgumentError("It must be line numbers from 1, such as 3,17.");
  return [...new Set(lines)];
}

/** An option that may be given several times, each time one of `names`. */
export function oneOf(names: readonly string[]): (text: string, before?: string[]) => string[] {
  return (text, before = []) => {
    if (names.includes(text)) return [...before, text];
    throw new InvalidArgumentError(`Allowed choices are ${names.join(", ")}.`);
  };
}

/** The values that were given: those that are not undefined. */
export function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
