/** From a command's arguments to a job: its file, and its settings of flags and recipe. */
import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { messageOf } from "../../shared/errors.ts";
import { parseRecipe } from "../../shared/recipes.ts";
import { UsageError } from "../exit-codes.ts";
import { type JobFlags, type JobSettings, jobSettings } from "../job-settings.ts";
import { jobInput } from "./job-input.ts";
import { jsonFile } from "./json-file.ts";

/** A job that can begin. */
export interface OpenJob extends JobSettings {
  file: string;
  /** What a person knows the input by. */
  label: string;
  /** Removes what was made for it. */
  close(): Promise<void>;
}

/** A key of a recipe that is no setting: the files, from the recipe's folder. */
const INPUT = "input";

/**
 * @param names files, globs, `-` for standard input, or one recipe that names its input
 * @param needsKey see `jobSettings`
 * @throws UsageError when something of it is missing or wrong
 */
export async function openJob(
  names: readonly string[],
  flags: JobFlags,
  needsKey?: boolean,
): Promise<OpenJob> {
  const isRecipe = names.length === 1 && /\.ya?ml$/i.test(names[0] ?? "");
  const recipe = isRecipe ? names[0] : flags.recipe;
  const { [INPUT]: named, ...settings } = recipe === undefined ? {} : recipeIn(recipe);
  const inputs = isRecipe ? inputsOf(recipe ?? "", named) : names;
  const image = flags.image ?? settings.image ?? [];
  const input = await jobInput(inputs, [image].flat().map(String));
  try {
    return { ...input, ...(await jobSettings(input.file, flags, needsKey, settings)) };
  } catch (error) {
    await input.close();
    throw error;
  }
}

function recipeIn(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`the recipe cannot be read: ${messageOf(error)}`);
  }
  try {
    const recipe = parseRecipe(text, file, [INPUT]);
    return typeof recipe.schema === "string"
      ? { ...recipe, schema: jsonFile(besides(file, recipe.schema)) }
      : recipe;
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(messageOf(error));
  }
}

function inputsOf(recipe: string, named: unknown): string[] {
  const inputs = [named ?? []].flat().map(String);
  if (inputs.length === 0)
    throw new UsageError(
      `${recipe} names no input: add "input: data.csv", or give the file and --recipe ${recipe}`,
    );
  return inputs.map((name) => besides(recipe, name));
}

const besides = (file: string, name: string) => (isAbsolute(name) ? name : join(dirname(file), name));
