/** Reads the environment: every variable is named in `names.ts`, and a missing one is an error, not a default. */
import * as z from "zod";
import { InvalidJobError } from "./errors.ts";
import { firstProblem } from "./human-issues.ts";
import type { ENV } from "./names.ts";

/**
 * The value of a required variable.
 * @throws Error naming the variable when it is not set: a bad deployment must not hide.
 */
export function required(name: (typeof ENV)[keyof typeof ENV]): string {
  const value = process.env[name];
  if (!value) throw new Error(`the environment variable ${name} is not set`);
  return value;
}

const Seconds = z.coerce.number().nonnegative();

/** The value of a required variable, as a number of seconds. */
export function requiredSeconds(name: (typeof ENV)[keyof typeof ENV]): number {
  return Seconds.parse(required(name));
}

/**
 * The JSON in a variable that overrides built-in values; undefined when it is not set.
 * @throws InvalidJobError naming the variable when it is not what `names.ts` says
 */
export function overrides<T>(name: (typeof ENV)[keyof typeof ENV], schema: z.ZodType<T>): T | undefined {
  const text = process.env[name];
  if (!text) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new InvalidJobError(`${name} is not JSON`, { cause });
  }
  const value = schema.safeParse(json);
  if (!value.success) throw new InvalidJobError(`${name}: ${firstProblem(value.error)}`);
  return value.data;
}
