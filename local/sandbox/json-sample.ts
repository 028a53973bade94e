/** How deep a schema is followed: recursive ones end here. */
const MAX_DEPTH = 8;

/**
 * A value that a JSON schema allows, as far as the common keywords go (type, properties, items, enum, const, anyOf,
 * minimum, minItems): what structured outputs and tool parameters use. Strings hold `text`. `mark` (hex digits) chooses
 * among the values of an enum and of a boolean: without it the first one.
 */
export function sampleOf(schema: unknown, text: string, mark = "0", depth = 0): unknown {
  if (typeof schema !== "object" || schema === null) return text;
  const rules = schema as Record<string, unknown>;
  if ("const" in rules) return rules["const"];
  const chance = Number.parseInt(mark, 16);
  if (Array.isArray(rules["enum"])) return rules["enum"][chance % rules["enum"].length];
  for (const choice of ["anyOf", "oneOf", "allOf"]) {
    const options = rules[choice];
    if (Array.isArray(options) && options.length > 0) return sampleOf(options[0], text, mark, depth + 1);
  }
  const type = Array.isArray(rules["type"]) ? rules["type"][0] : rules["type"];
  if (type === "object" || rules["properties"] !== undefined) return objectOf(rules, text, mark, depth);
  if (type === "array") {
    const count = depth >= MAX_DEPTH ? 0 : Math.min(Number(rules["minItems"] ?? 1), 10);
    return Array.from({ length: count }, () => sampleOf(rules["items"], text, mark, depth + 1));
  }
  if (type === "integer" || type === "number") return Number(rules["minimum"] ?? 1);
  if (type === "boolean") return chance % 4 < 2;
  return type === "null" ? null : text;
}

function objectOf(
  rules: Record<string, unknown>,
  text: string,
  mark: string,
  depth: number,
): Record<string, unknown> {
  const properties = rules["properties"];
  if (typeof properties !== "object" || properties === null || depth >= MAX_DEPTH) return {};
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [name, sampleOf(property, text, mark, depth + 1)]),
  );
}
