/** The user's schema as OpenAI's structured outputs take it. */
import { InvalidJobError } from "../../errors.ts";
import { isObject, type Json } from "../../json/values.ts";
import { nameSet } from "../../name-set.ts";
import { mapSchema, relaxed } from "../../schema/walk-schema.ts";

/** What `strict` takes; https://developers.openai.com/api/docs/guides/structured-outputs#supported-schemas */
const FORMATS = nameSet("date-time time date duration email hostname ipv4 ipv6 uuid");
const NOT_STRICT = "allOf not if dependentRequired dependentSchemas patternProperties prefixItems".split(" ");

/** A schema with its name, and whether the model is held to it. */
export interface OpenaiSchema {
  name: string;
  strict: boolean;
  schema: unknown;
}

/**
 * A schema that OpenAI can enforce is sent as `strict`. Any other (optional properties, maps) is only a hint to the model:
 * each answer is checked anyway.
 * @throws InvalidJobError when the root is no object
 */
export function openaiSchema(schema: Json): OpenaiSchema {
  if (schema.type !== "object") {
    throw new InvalidJobError(
      'schema: its root must be an object ("type": "object"); put a list or a choice into a property of one',
    );
  }
  let strict = true;
  const sent = mapSchema(schema, (part) => {
    if (!isStrict(part)) strict = false;
    return isObject(part.properties) ? { ...part, additionalProperties: false } : part;
  });
  if (!strict) return { name: "answer", strict, schema };
  return { name: "answer", strict, schema: mapSchema(sent, (part) => relaxed(part, FORMATS, SUPPORTED)) };
}

/** Keywords of bounds that `strict` takes. */
const SUPPORTED = nameSet(
  "pattern multipleOf minimum maximum exclusiveMinimum exclusiveMaximum minItems maxItems",
);

function isStrict(part: Json): boolean {
  if (NOT_STRICT.some((keyword) => keyword in part)) return false;
  const isAnyObject = part.type === "object" || (Array.isArray(part.type) && part.type.includes("object"));
  if (!isAnyObject && !("properties" in part)) return true;
  const { properties, required = [], additionalProperties = false } = part;
  if (!isObject(properties) || additionalProperties !== false || !Array.isArray(required)) return false;
  return Object.keys(properties).every((name) => required.includes(name));
}
