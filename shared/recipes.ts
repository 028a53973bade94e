/** Recipes: a job's settings under one name, in a file or in the bucket. YAML, of which JSON is a part. */
import { parse, YAMLParseError } from "yaml";
import { InvalidJobError } from "./errors.ts";
import { JobSpec } from "./models.ts";
import { nearName } from "./near-name.ts";
import { isObject, type Json } from "./providers/wire/json.ts";

/** A name can be a part of a key. */
export const RECIPE_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$/;

/** Where a recipe lies in the bucket. A tenant has its own: recipes hold prompts. */
export const recipeKey = (name: string, tenant?: string) =>
  `recipes/${tenant === undefined ? "" : `${tenant}/`}${name}.yaml`;

const SETTINGS = Object.keys(JobSpec.shape);
const OF_ITEMS = ["temperature", "max_tokens", "extra"];
/** Aliases in YAML can make a small text a value of any size. */
const MAX_ALIASES = 100;

/**
 * The settings in a recipe's text.
 * @param name the recipe's, for a person
 * @param more keys that are no settings and are allowed here
 * @throws InvalidJobError naming the place, or the key and the one that was probably meant
 */
export function parseRecipe(text: string, name: string, more: readonly string[] = []): Json {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: MAX_ALIASES });
  } catch (error) {
    // Not the parser's own words, which quote the text.
    const line = error instanceof YAMLParseError ? error.linePos?.[0].line : undefined;
    throw new InvalidJobError(`${name} is not valid YAML${line === undefined ? "" : `: see line ${line}`}`);
  }
  if (!isObject(value)) throw new InvalidJobError(`${name} must be settings, such as "model: gpt-4.1-mini"`);
  const known = [...SETTINGS, ...more];
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    const near = nearName(key, [...known, ...OF_ITEMS]);
    const advice = OF_ITEMS.includes(near ?? "")
      ? `give ${near} in defaults`
      : near === undefined
        ? `there are ${known.join(", ")}`
        : `did you mean ${near}?`;
    throw new InvalidJobError(`${name}: ${JSON.stringify(key.slice(0, 64))} is no setting; ${advice}`);
  }
  return value;
}
