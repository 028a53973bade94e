/** Recipes: a job's settings under one name, in a file or in the bucket. YAML, of which JSON is a part. */
import { InvalidJobError } from "./errors.ts";
import { exactNumbers } from "./json/exact.ts";
import { isObject, type Json } from "./json/values.ts";
import { JobSpec } from "./models.ts";
import { settingMeant } from "./near-name.ts";
import { readText } from "./objects/objects.ts";
import { recipesOf } from "./tenants/tenant.ts";

/** A key of a recipe that is no setting: the files, for a run on this machine. */
export const INPUT = "input";

/** A name can be a part of a key. */
export const RECIPE_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$/;

export const recipeKey = (name: string, tenant?: string) => `${recipesOf(tenant)}${name}.yaml`;

/**
 * The settings of a recipe in the bucket.
 * @throws InvalidJobError when there is none of this name, or it is not valid
 */
export async function readRecipe(name: string, tenant?: string): Promise<Json> {
  const shown = JSON.stringify(name.slice(0, 64));
  if (!RECIPE_NAME.test(name))
    throw new InvalidJobError(`recipe: ${shown} is no name: it has letters, digits, - and _, at most 64`);
  const key = recipeKey(name, tenant);
  const text = await readText(key);
  if (text !== null) {
    const { [INPUT]: _, ...settings } = await parseRecipe(text, `the recipe ${name}`);
    return settings;
  }
  const whose = tenant === undefined ? "" : ` --tenant ${tenant}`;
  throw new InvalidJobError(
    `recipe: there is no ${key} in the bucket; put it there with: nightshift recipe put FILE ${name} --stack STACK${whose}`,
  );
}

/** Aliases in YAML can make a small text a value of any size. */
const MAX_ALIASES = 100;

/**
 * The settings in a recipe's text, and its input.
 * @param name the recipe's, for a person
 * @throws InvalidJobError naming the place, or the key and the one that was probably meant
 */
export async function parseRecipe(text: string, name: string): Promise<Json> {
  // Only a job of a recipe carries the parser.
  const { parse, YAMLParseError } = await import("./yaml.ts");
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: MAX_ALIASES, intAsBigInt: true });
  } catch (error) {
    // Not the parser's own words, which quote the text.
    const line = error instanceof YAMLParseError ? error.linePos?.[0].line : undefined;
    throw new InvalidJobError(`${name} is not valid YAML${line === undefined ? "" : `: see line ${line}`}`);
  }
  if (!isObject(value)) throw new InvalidJobError(`${name} must be settings, such as "model: gpt-4.1-mini"`);
  const known = [...Object.keys(JobSpec.shape), INPUT];
  const settings: [string, unknown][] = [];
  for (const [key, given] of Object.entries(value)) {
    if (known.includes(key)) {
      settings.push([key, numbersOf(given, key, name)]);
      continue;
    }
    const advice = settingMeant(key, known) ?? `there are ${known.join(", ")}`;
    throw new InvalidJobError(`${name}: ${JSON.stringify(key.slice(0, 64))} is no setting; ${advice}`);
  }
  return Object.fromEntries(settings);
}

/** A schema's bounds may be those of 64 bits: they are never sent as answers, and are rounded as everywhere. */
function numbersOf(given: unknown, key: string, name: string): unknown {
  try {
    return exactNumbers(given, key === "schema");
  } catch (error) {
    if (error instanceof RangeError) throw new InvalidJobError(`${name}: ${key}: ${error.message}`);
    throw error;
  }
}
