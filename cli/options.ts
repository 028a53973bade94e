/** Options that several commands have: each is declared once, here. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type * as z from "zod";
import { Endpoint, JobSpec, ModelPrices, ProviderName } from "../shared/models.ts";
import { TenantName } from "../shared/tenants/tenant.ts";
import { jsonObject, list, setting, several, url } from "./arguments.ts";
import { UsageError } from "./exit-codes.ts";
import { unreadable } from "./input/input-file.ts";

/** What a job can be made of, for the help of an argument. */
export const INPUT_HELP =
  "CSV, TSV, Parquet, JSONL or JSON, plain, gzip or zstd; globs; - for standard input; or a recipe (.yaml)";

/** Settings of a job: what to ask, and how to go about it. Their values come as `JobFlags`. */
export function jobOptions(command: Command): void {
  command.optionsGroup("What to run:");
  command
    .addOption(new Option("-p, --provider <name>", "who answers").choices(ProviderName.options))
    .option("-m, --model <name>", "the provider's name of the model", setting(JobSpec.shape.model))
    .option("-s, --system <text>", "system prompt of every item that has none of its own")
    .option("--base-url <url>", "the provider's address, as its environment variable gives it", url)
    .addOption(new Option("--endpoint <path>", "where the provider has a choice").choices(Endpoint.options))
    .option(
      "--temperature <number>",
      "for items that set none: 0 to 2, Anthropic 0 to 1",
      itemDefault("temperature"),
    )
    .option(
      "--max-tokens <number>",
      "most tokens of an answer, for items that set none",
      itemDefault("max_tokens"),
    )
    .option("--extra <json>", "merged into every request's body; null removes a key", jsonObject);
  command
    .option(
      "--prompt <text>",
      "what to ask of each row of a table, with its columns: {{column}}",
      setting(JobSpec.shape.prompt),
    )
    .addOption(new Option("--prompt-file <file>", "the same, from a file").conflicts("prompt"))
    .option(
      "--id <column>",
      "column of custom_id (default: custom_id or id, else the row's number)",
      setting(JobSpec.shape.id),
    )
    .option(
      "--image <column>",
      "column with a picture or PDF: URL, data URL or a path beside the file",
      several,
    )
    .option("--carry <columns>", "columns that come back beside the answer, such as a,b (default: all)", list)
    .option("--schema <file>", "JSON Schema that each answer must fit")
    .option(
      "--schema-retries <number>",
      "how often an answer that does not fit the schema is asked again (default: 1)",
      setting(JobSpec.shape.schema_retries, Number),
    )
    .option(
      "--outputs <formats>",
      "results as jsonl, csv, parquet, with commas between them",
      names(JobSpec.shape.outputs),
    )
    .option(
      "--recipe <file>",
      "settings from a YAML or JSON file, or by name from the stack; flags are stronger",
    );
  command.option("--model-unchecked", "send the model's name as it is, though it may be a typo");
  command.optionsGroup("How to run it:");
  command
    .option(
      "--min-poll-seconds <number>",
      "shortest wait between two polls of a batch, in seconds",
      jobSetting("min_poll_seconds"),
    )
    .option("--max-rounds <number>", "tries of an item that may succeed next time", jobSetting("max_rounds"))
    .option(
      "--max-concurrent-batches <number>",
      "batches at the provider at once",
      jobSetting("max_concurrent_batches"),
    )
    .option(
      "--deadline-hours <number>",
      "cancel what still runs after so many hours",
      jobSetting("deadline_hours"),
    )
    .addOption(
      new Option(
        "--at-deadline <what>",
        "near the deadline: keep items without an answer, or ask them in real time (dearer)",
      ).choices(JobSpec.shape.at_deadline.unwrap().options),
    )
    .addOption(
      new Option(
        "--small-rounds <what>",
        "fewer than 100 items: a batch of their own, or asked in real time (dearer)",
      ).choices(JobSpec.shape.small_rounds.unwrap().options),
    )
    .option(
      "--max-cost-usd <number>",
      "refuse the job, and send nothing more of it, if it could cost more",
      jobSetting("max_cost_usd"),
    )
    .option(
      "--prices <usd>",
      "US dollars a million tokens of input and output in real time, such as 0.8,3.2; or JSON",
      prices,
    )
    .option(
      "--completion-window <time>",
      "how long the provider may take for a batch, such as 24h or 7d",
      setting(JobSpec.shape.completion_window),
    )
    .option(
      "--betas <names>",
      "Anthropic: beta features, with commas between them",
      names(JobSpec.shape.betas),
    )
    .addOption(
      new Option(
        "--on-invalid <what>",
        "an invalid line becomes an error result, or fails the job before it starts",
      ).choices(JobSpec.shape.on_invalid.unwrap().options),
    );
}

/** The folder of local state when none is given. */
export const DATA_DIR = ".nightshift";

/** Where on this machine, and who answers. */
export interface LocalFlags {
  dataDir: string;
  sandbox?: boolean;
  upstream?: string;
}

/** Where jobs are: in a folder of this machine, or in a stack. */
export interface PlaceFlags extends LocalFlags {
  stack?: string;
}

/** `--stack`, for a command to add. */
export const stackOption = () =>
  new Option("--stack <name>", "the deployed stack of this name, with your AWS credentials and region");

/** Declares `PlaceFlags`, and refuses those that do not go together. */
export function placeOptions(command: Command): void {
  command.addOption(stackOption().conflicts(["sandbox", "upstream"]));
  localOptions(command);
}

/**
 * Declares `--env-from`: keys from a file. What is set in the environment is stronger. It is not called `--env-file`:
 * Node takes that one for itself wherever it stands, and ends with its own error.
 */
export function envFromOption(command: Command): void {
  command
    .option("--env-from <file>", "read keys and addresses from a file of NAME=value lines, such as .env")
    .hook("preAction", () => {
      const { envFrom } = command.opts<{ envFrom?: string }>();
      if (envFrom === undefined) return;
      try {
        process.loadEnvFile(envFrom);
      } catch (error) {
        throw unreadable(envFrom, error);
      }
    });
}

/** Declares `LocalFlags`, and refuses those that do not go together. */
export function localOptions(command: Command): void {
  envFromOption(command);
  command
    .option("--data-dir <dir>", "folder of all local state; must be kept until a job has ended", DATA_DIR)
    .option("--sandbox", "the built-in sandbox answers: no key, no network, made-up answers")
    .option("--upstream <url>", "with --sandbox: an OpenAI-compatible server answers", url)
    .hook("preAction", () => {
      const { upstream, sandbox } = command.opts<PlaceFlags>();
      if (upstream !== undefined && !sandbox) throw new UsageError("--upstream needs --sandbox");
    });
}

/** Flags of `run` for what a command without results has none of. */
export const OF_RESULTS = ["-o, --out <path>", "--open"];

/** Declares flags of `run` that mean nothing to a command: another first word is enough to go from one to the other. */
export function passedOver(command: Command, ...flags: string[]): void {
  for (const flag of flags) command.addOption(new Option(flag).hideHelp());
}

/** Declares `--tenant`, which only a stack has. */
export function tenantOption(command: Command): void {
  command
    .option(
      "--tenant <name>",
      "with --stack: whose job it is; its keys, defaults and caps",
      setting(TenantName),
    )
    .hook("preAction", () => {
      const { tenant, stack } = command.opts<{ tenant?: string; stack?: string }>();
      if (tenant !== undefined && stack === undefined) throw new UsageError("--tenant needs --stack");
    });
}

/** Declares `--json`; `what` it prints then. */
export function jsonOption(command: Command, what: string): void {
  command.option("--json", `print ${what} instead of text`);
}

/** Names with commas between them. */
const names = (schema: z.ZodType) => setting(schema, (text) => text.split(",").map((name) => name.trim()));

/** `0.8,3.2`, or what the setting `prices` holds as JSON. */
function prices(text: string): unknown {
  const [, input_mtok, output_mtok] = /^\s*([\d.]+)\s*,\s*([\d.]+)\s*$/.exec(text) ?? [];
  if (input_mtok === undefined && !text.trim().startsWith("{"))
    throw new InvalidArgumentError("It must be two numbers, such as 0.8,3.2, or a JSON object.");
  if (input_mtok === undefined) return setting(ModelPrices, jsonObject)(text);
  return setting(ModelPrices, () => ({ input_mtok: Number(input_mtok), output_mtok: Number(output_mtok) }))(
    text,
  );
}

function jobSetting(
  name: "min_poll_seconds" | "max_rounds" | "max_concurrent_batches" | "deadline_hours" | "max_cost_usd",
) {
  return setting(JobSpec.shape[name], Number);
}

function itemDefault(name: "temperature" | "max_tokens") {
  return setting(JobSpec.shape.defaults.unwrap().shape[name], Number);
}
