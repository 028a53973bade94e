/** The recipe in the bucket that a job names: settings under one name. */
import { readRecipe } from "../../shared/recipes.ts";
import type { SpecSource } from "./job-spec.ts";

/**
 * The sources without `recipe`, and behind them the settings of the recipe that the strongest of them names.
 * @throws InvalidJobError when there is no such recipe, or it is not valid
 */
export async function withRecipe(sources: SpecSource[], tenant: string | undefined): Promise<SpecSource[]> {
  const names = sources.map(({ settings }) => settings.recipe);
  const name = names.find((value) => value !== undefined && value !== null);
  if (name === undefined) return sources;
  const own = sources.map(({ settings: { recipe: _, ...settings }, ...source }) => ({ ...source, settings }));
  return [...own, { from: `the recipe ${name}`, settings: await readRecipe(String(name), tenant) }];
}
