import { targetOf } from "../../shared/schema/walk-schema.ts";

type Rules = Record<string, unknown>;

/** How deep a schema is followed: recursive ones end here. */
const MAX_DEPTH = 8;

/** Texts of the formats that are checked. */
const FORMATS = new Map<unknown, string>([
  ["date", "2026-01-31"],
  ["time", "12:30:00Z"],
  ["date-time", "2026-01-31T12:30:00Z"],
  ["duration", "P1D"],
  ["email", "someone@example.com"],
  ["hostname", "example.com"],
  ["uri", "https://example.com/"],
  ["ipv4", "192.0.2.1"],
  ["ipv6", "2001:db8::1"],
  ["uuid", "00000000-0000-4000-8000-000000000000"],
]);

/** What all parts of a sample have in common. */
interface Sampling {
  root: unknown;
  text: string;
  mark: string;
}

/**
 * A value that a JSON schema allows, as far as structured outputs and tool parameters go. It reads type, properties,
 * items, enum, const, anyOf, $ref, format, and bounds of numbers and lengths. Strings hold `text`. `mark` (hex digits)
 * chooses among the values of an enum and of a boolean: without it the first one.
 */
export function sampleOf(schema: unknown, text: string, mark = "0"): unknown {
  return partOf(schema, { root: schema, text, mark }, 0);
}

function partOf(schema: unknown, sampling: Sampling, depth: number): unknown {
  const { text, mark } = sampling;
  if (typeof schema !== "object" || schema === null) return text;
  const rules = schema as Rules;
  if ("const" in rules) return rules["const"];
  const chance = Number.parseInt(mark, 16);
  if (Array.isArray(rules["enum"])) return rules["enum"][chance % rules["enum"].length];
  if (typeof rules["$ref"] === "string" && depth < 2 * MAX_DEPTH)
    return partOf(targetOf(sampling.root, rules["$ref"]), sampling, depth + 1);
  for (const choice of ["anyOf", "oneOf", "allOf"]) {
    const options = rules[choice];
    if (Array.isArray(options) && options.length > 0) return partOf(options[0], sampling, depth + 1);
  }
  const type = Array.isArray(rules["type"]) ? rules["type"][0] : rules["type"];
  if (type === "object" || rules["properties"] !== undefined) return objectOf(rules, sampling, depth);
  if (type === "array") {
    const count = depth >= MAX_DEPTH ? 0 : Math.min(Number(rules["minItems"] ?? 1), 10);
    return Array.from({ length: count }, () => partOf(rules["items"], sampling, depth + 1));
  }
  if (type === "integer" || type === "number") return numberOf(rules);
  if (type === "boolean") return chance % 4 < 2;
  return type === "null" ? null : textOf(rules, text);
}

function numberOf({ minimum, maximum, exclusiveMinimum }: Rules): number {
  if (typeof minimum === "number") return minimum;
  if (typeof exclusiveMinimum === "number") return exclusiveMinimum + 1;
  return typeof maximum === "number" ? Math.min(1, maximum) : 1;
}

function textOf({ format, minLength, maxLength }: Rules, text: string): string {
  const known = FORMATS.get(format) ?? text;
  return known.slice(0, Number(maxLength ?? known.length)).padEnd(Number(minLength ?? 0), ".");
}

function objectOf(rules: Rules, sampling: Sampling, depth: number): Rules {
  const properties = rules["properties"];
  if (typeof properties !== "object" || properties === null || depth >= MAX_DEPTH) return {};
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [name, partOf(property, sampling, depth + 1)]),
  );
}
