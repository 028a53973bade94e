/** From a command's arguments to a job: its file, and its settings of flags and recipe. */
import { InvalidJobError } from "../../shared/errors.ts";
import type { ProviderUse } from "../../shared/providers/profile.ts";
import { INPUT } from "../../shared/recipes.ts";
import { UsageError } from "../exit-codes.ts";
import { type JobFlags, jobSettings, type NewJobSettings } from "../job-settings.ts";
import { type JobInput, jobInput } from "./job-input.ts";
import { quoteFile } from "./quote-file.ts";
import { besides, recipeSettings } from "./recipe-file.ts";

/** A job that can begin: its input and its settings. */
export type NewJob = NewJobSettings & Omit<JobInput, "format">;

/**
 * @param names files, globs, `-` for standard input, or one recipe that names its input
 * @param use see `jobSettings`
 * @throws UsageError when something of it is missing or wrong
 */
export async function newJob(
  names: readonly string[],
  flags: JobFlags,
  use?: ProviderUse | null,
): Promise<NewJob> {
  const [first] = names.filter((name) => /\.ya?ml$/i.test(name));
  if (first !== undefined && (names.length > 1 || flags.recipe !== undefined))
    throw new UsageError(`${first} is a recipe: give it alone, or as --recipe ${first} beside its input`);
  const recipe = first ?? flags.recipe;
  const { [INPUT]: named, ...settings } = recipe === undefined ? {} : await recipeSettings(recipe, flags);
  const inputs = first === undefined ? names : inputsOf(first, named);
  const image = flags.image ?? settings.image ?? [];
  const carry = flags.carry ?? (Array.isArray(settings.carry) ? settings.carry.map(String) : undefined);
  let input: JobInput | undefined;
  try {
    input = await jobInput(inputs, [image].flat().map(String), carry);
    // What was made of several files is like them.
    const like = input.format ? { outputs: [input.format], ...settings } : settings;
    return { ...input, ...(await jobSettings(input.file, flags, use, like)) };
  } catch (error) {
    await input?.[Symbol.asyncDispose]();
    if (!(error instanceof InvalidJobError)) throw error;
    throw new UsageError(input ? error.message.replaceAll(input.file, input.label) : error.message);
  }
}

/** Reads all of an input that may have no invalid row. @throws UsageError naming those that it has: there is no job yet */
export async function refuseInvalid({ spec, settings, file, label }: NewJob): Promise<void> {
  if (spec?.on_invalid !== "fail") return;
  const { refusal } = await quoteFile(file, settings);
  if (refusal !== null) throw new UsageError(refusal.replaceAll(file, label));
}

function inputsOf(recipe: string, named: unknown): string[] {
  const inputs = [named ?? []].flat().map(String);
  if (inputs.length === 0)
    throw new UsageError(
      `${recipe} names no input: add "input: data.csv", or give the file and --recipe ${recipe}`,
    );
  return inputs.map((name) => besides(recipe, name));
}
