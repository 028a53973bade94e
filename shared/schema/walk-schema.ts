/** Walks over the parts of a JSON Schema. */
import { decodedOr } from "../decoded.ts";
import { InvalidJobError } from "../errors.ts";
import { isObject, type Json } from "../json/values.ts";
import { nameSet } from "../name-set.ts";

/** Keywords whose value is a schema, an array of schemas, or an object of schemas. */
const SCHEMA = nameSet(`
  items additionalItems contains additionalProperties unevaluatedProperties unevaluatedItems propertyNames
  not if then else
`);
const SCHEMAS = ["allOf", "anyOf", "oneOf", "prefixItems"];
const NAMED_SCHEMAS = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];

/**
 * A copy of a schema in which each part is what `change` makes of it, the inner parts first. Values that are data
 * (`enum`, `default`, `examples`) stay as they are.
 * @param place a JSON pointer, for messages
 */
export function mapSchema(
  schema: unknown,
  change: (part: Json, place: string) => Json,
  place = "#",
): unknown {
  if (!isObject(schema)) return schema;
  const map = (value: unknown, key: string) => mapSchema(value, change, `${place}/${key}`);
  const copy = Object.entries(schema).map(([key, value]): [string, unknown] => {
    if (SCHEMA.has(key))
      return [
        key,
        Array.isArray(value) ? value.map((part, at) => map(part, `${key}/${at}`)) : map(value, key),
      ];
    if (SCHEMAS.includes(key) && Array.isArray(value))
      return [key, value.map((part, at) => map(part, `${key}/${at}`))];
    if (NAMED_SCHEMAS.includes(key) && isObject(value)) {
      const named = Object.entries(value).map(([name, part]) => [name, map(part, `${key}/${name}`)]);
      return [key, Object.fromEntries(named)];
    }
    return [key, value];
  });
  return change(Object.fromEntries(copy), place);
}

/** Keywords that only bound or describe a value. Without them a schema takes more, and the check of answers has them all. */
const BOUNDS = nameSet(`
  minLength maxLength pattern multipleOf minimum maximum exclusiveMinimum exclusiveMaximum
  minItems maxItems uniqueItems contains minContains maxContains unevaluatedItems
  minProperties maxProperties propertyNames unevaluatedProperties dependentRequired dependentSchemas
  not if then else default examples deprecated readOnly writeOnly discriminator
  $schema $id $comment contentEncoding contentMediaType
`);

/**
 * A part of a schema without what a provider does not take, so that it takes more; `oneOf` becomes `anyOf`.
 * @param formats those that the provider takes
 * @param supported the bounds that it takes
 */
export function relaxed(part: Json, formats: ReadonlySet<string>, supported: ReadonlySet<string>): Json {
  const kept = Object.entries(part).filter(([key, value]) => {
    if (key === "format") return typeof value === "string" && formats.has(value);
    return supported.has(key) || !BOUNDS.has(key);
  });
  const { oneOf, ...rest } = Object.fromEntries(kept);
  return oneOf === undefined ? rest : { ...rest, anyOf: rest.anyOf ?? oneOf };
}

/** @throws InvalidJobError naming the first reference by which a schema contains itself, which `title` does not take */
export function refuseRecursion(schema: Json, title: string): void {
  const recursion = recursionIn(schema);
  if (recursion !== null)
    throw new InvalidJobError(
      `schema: ${recursion} refers to itself, and ${title} takes no recursive schema`,
    );
}

/** The first reference by which a schema contains itself, or null. */
function recursionIn(schema: Json): string | null {
  // References that were followed to their end: many lead to the same parts.
  const sound = new Set<string>();
  const visit = (part: unknown, open: readonly string[]): string | null => {
    if (Array.isArray(part)) return firstOf(part, (inner) => visit(inner, open));
    if (!isObject(part)) return null;
    const { $ref, $defs: _, definitions: __, ...rest } = part;
    const deeper = firstOf(Object.values(rest), (inner) => visit(inner, open));
    if (deeper !== null || typeof $ref !== "string") return deeper;
    if (sound.has($ref)) return null;
    if (open.includes($ref)) return $ref;
    const found = visit(targetOf(schema, $ref), [...open, $ref]);
    if (found === null) sound.add($ref);
    return found;
  };
  return visit(schema, ["#"]);
}

/** Keywords whose schemas are for the same value as the schema that has them. */
const IN_PLACE = ["allOf", "anyOf", "oneOf", "not", "if", "then", "else"];

/** The first reference that leads back to itself without going into the value, or null: its check never ends. */
export function endlessIn(schema: Json): string | null {
  const sound = new Set<string>();
  const follow = (ref: string, open: readonly string[]): string | null => {
    if (open.includes(ref)) return ref;
    if (sound.has(ref)) return null;
    const found = inPlace(targetOf(schema, ref), [...open, ref]);
    if (found === null) sound.add(ref);
    return found;
  };
  const inPlace = (part: unknown, open: readonly string[]): string | null => {
    if (Array.isArray(part)) return firstOf(part, (inner) => inPlace(inner, open));
    if (!isObject(part)) return null;
    const found = typeof part.$ref === "string" ? follow(part.$ref, open) : null;
    const dependent = isObject(part.dependentSchemas) ? Object.values(part.dependentSchemas) : [];
    return (
      found ?? firstOf([...IN_PLACE.map((key) => part[key]), ...dependent], (inner) => inPlace(inner, open))
    );
  };
  return firstOf([...refsIn(schema)], (ref) => follow(ref, []));
}

function refsIn(value: unknown, refs = new Set<string>()): Set<string> {
  if (isObject(value) && typeof value.$ref === "string") refs.add(value.$ref);
  if (typeof value === "object" && value !== null)
    for (const inner of Object.values(value)) refsIn(inner, refs);
  return refs;
}

function firstOf<T, R>(values: T[], find: (value: T) => R | null): R | null {
  for (const value of values) {
    const found = find(value);
    if (found !== null) return found;
  }
  return null;
}

/** What a reference within the schema points to. */
export function targetOf(schema: unknown, ref: string): unknown {
  return ref
    .replace(/^#\/?/, "")
    .split("/")
    .filter(Boolean)
    .map((step) => decodedOr(step, step).replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((value, name) => new Map(Object.entries(value ?? {})).get(name), schema);
}
