import type * as z from "zod";
import { firstProblem } from "../shared/models.ts";

/**
 * A setting as it was given, without the defaults that the schema would add.
 * @throws Error naming the setting when it is not as the schema says: better here than in a Lambda
 */
export function checked<T extends object>(name: string, schema: z.ZodType, value: T): T {
  const { error } = schema.safeParse(value);
  if (error) throw new Error(`${name}: ${firstProblem(error)}`);
  return value;
}
