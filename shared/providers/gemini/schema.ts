/** The user's schema as Gemini's `responseJsonSchema` takes it. */
import { isObject, type Json } from "../../json/values.ts";
import { mapSchema, refuseRecursion, relaxed } from "../../schema/walk-schema.ts";

/** https://ai.google.dev/api/generate-content#generationconfig */
const FORMATS = new Set(["date-time", "date", "time"]);
const BOUNDS = new Set(["minimum", "maximum", "minItems", "maxItems"]);

/**
 * The schema without the bounds that Gemini does not take: answers are checked against the user's own.
 * @throws InvalidJobError naming what Gemini cannot hold: recursion
 */
export function geminiSchema(schema: Json): unknown {
  refuseRecursion(schema, "Gemini");
  return mapSchema(schema, (part) => {
    const { const: only, allOf, ...rest } = relaxed(part, FORMATS, BOUNDS);
    if (only !== undefined) rest.enum = [only];
    const merged = (Array.isArray(allOf) ? allOf : []).filter(isObject);
    const whole: Json = Object.assign({}, rest, ...merged);
    // Nothing may stand beside a reference.
    if (typeof whole.$ref !== "string") return whole;
    return Object.fromEntries(Object.entries(whole).filter(([key]) => key.startsWith("$")));
  });
}
