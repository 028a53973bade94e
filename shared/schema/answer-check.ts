/** Checks answers against the user's own JSON Schema. Apart from the rest, as it carries ajv. */
import { Ajv, type ValidateFunction } from "ajv";
import { Ajv2019 } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { InvalidJobError } from "../errors.ts";
import { endlessIn } from "./walk-schema.ts";

/** Null for a value that fits; otherwise what does not, and where: `/items/0/price must be number`. */
export type AnswerCheck = (value: unknown) => string | null;

/** Characters of a problem that are shown: places have names that models made up. */
const MAX_PROBLEM = 300;

/**
 * Compiles a schema. A class of ajv passes over keywords of later drafts, so it is chosen by `$schema`. Without one it
 * is 2020-12, as pydantic and zod write it. Each schema has an instance of its own: one `$id` twice throws.
 * @throws InvalidJobError naming what does not compile
 */
export function answerCheck(schema: Record<string, unknown>): AnswerCheck {
  const Class = classOf(schema.$schema);
  const ajv = new Class({ strict: false, ownProperties: true, multipleOfPrecision: 8, logger: false });
  formats.default(ajv as Ajv);
  let validate: ValidateFunction;
  try {
    validate = ajv.compile(schema);
  } catch (error) {
    // Some that lead back to themselves make ajv go round until its stack is full.
    if (error instanceof RangeError) refuseEndless(schema);
    const problem = error instanceof Error ? error.message : String(error);
    throw new InvalidJobError(`schema: it is no valid JSON Schema: ${problem.slice(0, MAX_PROBLEM)}`, {
      cause: error,
    });
  }
  refuseEndless(schema);
  return (value) => {
    try {
      if (validate(value)) return null;
    } catch (error) {
      if (error instanceof RangeError) return "the schema leads in a circle, so the answer cannot be checked";
      throw error;
    }
    const [first] = validate.errors ?? [];
    if (!first) return "the answer does not fit";
    return `${first.instancePath || "the answer"} ${first.message ?? "does not fit"}${detailOf(first)}`.slice(
      0,
      MAX_PROBLEM,
    );
  };
}

function refuseEndless(schema: Record<string, unknown>): void {
  const endless = endlessIn(schema);
  if (endless === null) return;
  throw new InvalidJobError(
    `schema: $ref ${JSON.stringify(endless.slice(0, MAX_PROBLEM))} leads back to itself without going into the answer, so a check would never end`,
  );
}

function classOf(dialect: unknown): typeof Ajv | typeof Ajv2019 | typeof Ajv2020 {
  if (typeof dialect !== "string") return Ajv2020;
  if (/draft-0[67]/.test(dialect)) return Ajv;
  if (dialect.includes("2019-09")) return Ajv2019;
  if (dialect.includes("2020-12")) return Ajv2020;
  throw new InvalidJobError(
    `schema: its $schema is not known; use https://json-schema.org/draft/2020-12/schema, 2019-09, draft-07 or draft-06`,
  );
}

/** What the message alone leaves open: the values that an enum allows, the name that is not allowed. */
function detailOf({ params }: { params: Record<string, unknown> }): string {
  const { allowedValues, additionalProperty } = params;
  if (Array.isArray(allowedValues)) return `: ${JSON.stringify(allowedValues)}`;
  return typeof additionalProperty === "string" ? `: ${JSON.stringify(additionalProperty)}` : "";
}
