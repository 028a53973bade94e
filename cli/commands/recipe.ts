/** `nightshift recipe`: recipes in a stack's bucket, which uploads name. */
import { basename } from "node:path";
import { parseDocument } from "yaml";
import { ZodError } from "zod";
import { messageOf } from "../../shared/errors.ts";
import { firstProblem, JobSpec } from "../../shared/models.ts";
import { headObject, readText, writeText } from "../../shared/objects/objects.ts";
import { objects } from "../../shared/objects/store.ts";
import { INPUT, RECIPE_NAME, recipeKey } from "../../shared/recipes.ts";
import { answerCheck } from "../../shared/schema/answer-check.ts";
import { recipesOf } from "../../shared/tenants/tenant.ts";
import { openStackBackend } from "../backend/open-backend.ts";
import type { DeclareCommand } from "../command.ts";
import { EXIT, UsageError } from "../exit-codes.ts";
import { readRecipeFile } from "../input/recipe-file.ts";
import { envFromOption, jsonOption, stackOption, tenantOption } from "../options.ts";
import { print, printJson } from "../output/safe-text.ts";

interface RecipeFlags {
  stack?: string;
  tenant?: string;
  json?: boolean;
}

const AFTER_HELP = `
A recipe is a job's settings in a YAML or JSON file. In a stack's bucket it has a name, and an upload needs nothing else:

  $ aws s3 cp data.csv s3://BUCKET/inbox/ --metadata recipe=tickets

put checks it, and takes the schema that it names into it; its input is for this machine alone. A recipe of the same name is replaced;
jobs that have begun keep their settings. On this machine a recipe is its file: nightshift run tickets.yaml.

Exit codes: 0 done, 1 the stack cannot be used, 2 the recipe is not valid, or there is none of this name.

Examples:
  $ nightshift recipe put tickets.yaml --stack Nightshift
  $ nightshift recipe list --stack Nightshift
  $ nightshift recipe show tickets --stack Nightshift
  $ nightshift run data.csv --recipe tickets --stack Nightshift`;

export const declareRecipe: DeclareCommand = (bare, end) => {
  bare.addHelpText("after", AFTER_HELP);
  const declare = (name: string, what: string, json: string) => {
    const command = bare.command(name).description(what);
    command.addOption(stackOption());
    tenantOption(command);
    envFromOption(command);
    jsonOption(command, json);
    return command;
  };
  declare("put", "Check a recipe and store it under a name (default: its file's).", "the name and the key")
    .argument("<file>", "YAML or JSON")
    .argument("[name]", "letters, digits, - and _")
    .action(async (file: string, name: string | undefined, flags: RecipeFlags) =>
      end(await put(file, name, flags)),
    );
  declare("list", "List the names of the stored recipes.", "a line of JSON for each").action(
    async (flags: RecipeFlags) => end(await list(flags)),
  );
  declare("show", "Print a stored recipe.", "the name and the text")
    .argument("<name>")
    .action(async (name: string, flags: RecipeFlags) => end(await show(name, flags)));
};

async function put(file: string, given: string | undefined, flags: RecipeFlags): Promise<number> {
  const { text, settings } = await readRecipeFile(file);
  const { [INPUT]: _, ...own } = settings;
  requireValid(own, file);
  const name = requireName(given ?? basename(file).replace(/\.(ya?ml|json)$/i, ""));
  return inStack(flags, async ({ key }) => {
    const before = await headObject(key(name));
    await writeText(key(name), stored(text, own.schema), "application/yaml");
    const call = `aws s3 cp FILE s3://BUCKET/inbox/${flags.tenant ? `${flags.tenant}/` : ""} --metadata recipe=${name}`;
    if (flags.json) printJson({ name, key: key(name), replaced: before !== null });
    else print(`Recipe ${name} is ${before ? "replaced" : "stored"}. Upload with: ${call}`);
    return EXIT.ok;
  });
}

/** @throws UsageError naming the setting whose value cannot be */
function requireValid(settings: Record<string, unknown>, file: string): void {
  try {
    const { schema } = JobSpec.partial().parse(settings);
    if (schema) answerCheck(schema);
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof ZodError ? firstProblem(error) : messageOf(error)}`);
  }
}

/** The recipe's text with its schema in it, where that is a file of its own; its comments stay. */
function stored(text: string, schema: unknown): string {
  const document = parseDocument(text);
  if (typeof document.get("schema") !== "string") return text;
  document.set("schema", document.createNode(schema));
  return document.toString({ lineWidth: 0 });
}

async function list(flags: RecipeFlags): Promise<number> {
  return inStack(flags, async ({ folder }) => {
    let some = false;
    for await (const keys of (await objects()).list(folder)) {
      for (const key of keys) {
        const name = /^(.*)\.yaml$/.exec(key.slice(folder.length))?.[1] ?? "";
        // Those of tenants lie in folders below.
        if (!RECIPE_NAME.test(name)) continue;
        some = true;
        if (flags.json) printJson({ name, key });
        else print(name);
      }
    }
    if (!some && !flags.json) print("There are no recipes.");
    return EXIT.ok;
  });
}

async function show(name: string, flags: RecipeFlags): Promise<number> {
  return inStack(flags, async ({ key }) => {
    const text = await readText(key(requireName(name)));
    if (text === null)
      throw new UsageError(
        `there is no recipe ${name}; nightshift recipe list --stack ${flags.stack} has all`,
      );
    if (flags.json) printJson({ name, text });
    else print(text.replace(/\n$/, ""));
    return EXIT.ok;
  });
}

function requireName(name: string): string {
  if (RECIPE_NAME.test(name)) return name;
  throw new UsageError(
    `${JSON.stringify(name)} is no name of a recipe: it has letters, digits, - and _, at most 64; give one behind the file`,
  );
}

interface RecipePlace {
  folder: string;
  key: (name: string) => string;
}

async function inStack(
  { stack, tenant }: RecipeFlags,
  work: (place: RecipePlace) => Promise<number>,
): Promise<number> {
  if (stack === undefined)
    throw new UsageError(
      "recipes are stored in a stack's bucket: add --stack NAME; on this machine a recipe is its file, as in nightshift run tickets.yaml",
    );
  await using _ = await openStackBackend(stack);
  return await work({ folder: recipesOf(tenant), key: (name) => recipeKey(name, tenant) });
}
