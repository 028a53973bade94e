/** Reads the environment: every variable is named in `names.ts`, and a missing one is an error, not a default. */
import { z } from "zod";
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

/** The value of a required variable, as a number of seconds. */
export function requiredSeconds(name: (typeof ENV)[keyof typeof ENV]): number {
  return z.coerce.number().nonnegative().parse(required(name));
}
