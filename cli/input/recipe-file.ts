/** Recipes: a file of this machine, or one that is stored in a stack's bucket. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { messageOf } from "../../shared/errors.ts";
import { parseRecipe, RECIPE_NAME, readRecipe } from "../../shared/recipes.ts";
import { openStackBackend } from "../backend/open-backend.ts";
import { UsageError } from "../exit-codes.ts";
import { jsonFile } from "./json-file.ts";

/** The text of a recipe's file, and its settings with its schema in their place. */
export interface RecipeFile {
  text: string;
  settings: Record<string, unknown>;
}

/** Reads a recipe's file. @throws UsageError when it cannot be read, or is not valid */
export async function readRecipeFile(file: string): Promise<RecipeFile> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new UsageError(
        `there is no recipe ${file}: give a YAML or JSON file, or with --stack the name of a stored recipe`,
      );
    throw new UsageError(`the recipe cannot be read: ${messageOf(error)}`);
  }
  try {
    const settings = await parseRecipe(text, file);
    return { text, settings: withSchema(settings, file) };
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(messageOf(error));
  }
}

/** A file named in a recipe, whose paths are from its own folder. */
export const besides = (recipe: string, name: string) =>
  isAbsolute(name) ? name : join(dirname(recipe), name);

function withSchema(settings: Record<string, unknown>, file: string): Record<string, unknown> {
  const { schema } = settings;
  return typeof schema === "string" ? { ...settings, schema: jsonFile(besides(file, schema)) } : settings;
}

/**
 * The settings that `--recipe` means: those in a file, or with `--stack` those that the stack has under this name.
 * @throws UsageError when there is no such recipe, or it is not valid
 */
export async function recipeSettings(
  recipe: string,
  { stack, tenant }: { stack?: string; tenant?: string },
): Promise<Record<string, unknown>> {
  if (stack === undefined || existsSync(recipe) || !RECIPE_NAME.test(recipe))
    return (await readRecipeFile(recipe)).settings;
  await using _ = await openStackBackend(stack);
  try {
    return await readRecipe(recipe, tenant);
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}
