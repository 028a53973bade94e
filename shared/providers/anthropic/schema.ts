/** The user's schema as Anthropic's structured outputs take it. */
import { InvalidJobError } from "../../errors.ts";
import { isObject, type Json } from "../../json/values.ts";
import { mapSchema, refuseRecursion, relaxed } from "../../schema/walk-schema.ts";

/** https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations */
const FORMATS = new Set([
  ...["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"],
]);

/**
 * The schema without the bounds that Anthropic does not take: answers are checked against the user's own.
 * @param title who takes it so: Bedrock does, too
 * @throws InvalidJobError naming what it cannot hold: maps, recursion
 */
export function anthropicSchema(schema: Json, title = "Anthropic"): unknown {
  if (schema.type !== "object") {
    throw new InvalidJobError(`schema: ${title} takes only an object at its root ("type": "object")`);
  }
  refuseRecursion(schema, title);
  return mapSchema(schema, (part, place) => {
    const { prefixItems, items, ...rest } = relaxed(part, FORMATS, new Set());
    const isAnyObject = rest.type === "object" || (Array.isArray(rest.type) && rest.type.includes("object"));
    if (isMap(rest) || (isAnyObject && !isObject(rest.properties))) {
      throw new InvalidJobError(
        `schema: ${place} is a map (its keys have no names), and ${title} would take it for an empty object; ask for a list of {"key": …, "value": …}`,
      );
    }
    if (isObject(rest.properties)) rest.additionalProperties = false;
    const listed = Array.isArray(prefixItems) ? [...prefixItems, ...(isObject(items) ? [items] : [])] : null;
    if (listed) return { ...rest, items: listed.length === 1 ? listed[0] : { anyOf: listed } };
    return items === undefined ? rest : { ...rest, items };
  });
}

function isMap({ additionalProperties, patternProperties }: Json): boolean {
  return isObject(additionalProperties) || additionalProperties === true || patternProperties !== undefined;
}
