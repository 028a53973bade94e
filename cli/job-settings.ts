/** The job's settings from the flags, and what must be known before anything starts. */
import { JobSpec, ProviderName } from "../shared/models.ts";
import { nearName } from "../shared/near-name.ts";
import { PROFILES } from "../shared/providers/list.ts";
import type { ProviderUse, ProviderVariables } from "../shared/providers/profile.ts";
import { requireKey } from "./access.ts";
import { given } from "./arguments.ts";
import { UsageError } from "./exit-codes.ts";
import { textFile } from "./input/input-file.ts";
import { jsonFile } from "./input/json-file.ts";
import { fittingSpec, type OpenInput, openInput, warnOfSameRows } from "./input/open-input.ts";

/** Flags that are read by name. Every other one of `jobOptions` is the setting of its name: `--max-rounds` is `max_rounds`. */
export interface JobFlags {
  provider?: string;
  model?: string;
  prompt?: string;
  temperature?: number;
  maxTokens?: number;
  extra?: Record<string, unknown>;
  baseUrl?: string;
  promptFile?: string;
  image?: string[];
  carry?: string[];
  schema?: string;
  recipe?: string;
  modelUnchecked?: boolean;
  tenant?: string;
  sandbox?: boolean;
  stack?: string;
}

/** What a run is about. `provider` and `model` may come from the file's first line. */
export interface NewJobSettings {
  settings: Record<string, unknown>;
  provider: string;
  model: string;
  /** Whose job it is, where it is a tenant's. */
  tenant?: string | undefined;
  /** What the settings come to with the file's own; not of a stack, which has defaults. */
  spec?: JobSpec | undefined;
}

/**
 * Reads the flags and the beginning of the file. Whether the settings fit the file is a stack's to say, which has defaults and
 * recipes of its own.
 * @param use what a provider will be called for; null: none is called
 * @param recipe settings that are weaker than the flags, and than the file's first line
 * @throws UsageError when there is no provider, no model, or no key for the provider
 * @throws InvalidJobError when the file cannot be read, or the settings are not valid or do not fit it
 */
export async function jobSettings(
  file: string,
  flags: JobFlags,
  use: ProviderUse | null = flags.sandbox || flags.stack !== undefined ? null : "batches",
  recipe: Record<string, unknown> = {},
): Promise<NewJobSettings> {
  const input = await openInput(file);
  const first = input.header?.settings ?? {};
  const weaker = Object.entries(recipe).filter(([name]) => (first[name] ?? null) === null);
  const settings: Record<string, unknown> = { ...Object.fromEntries(weaker), ...fromFlags(flags) };
  const provider = required(settings, "provider", `with one of ${ProviderName.options.join(", ")}`, input);
  const model = required(settings, "model", "such as --model gpt-4.1-mini", input);
  if (flags.baseUrl) useAddress(provider, flags);
  if (use) requireKey(provider, use);
  const spec = flags.stack === undefined ? await fittingSpec(input, settings) : undefined;
  if (spec) warnOfSameRows(spec, input);
  return { settings, provider, model, tenant: flags.tenant, spec };
}

/** A setting that each job has. @throws UsageError when it is missing */
function required(
  settings: Record<string, unknown>,
  name: "provider" | "model",
  how: string,
  { header, columns, reader }: OpenInput,
): string {
  const value = settings[name] ?? header?.settings[name] ?? "";
  if (value !== "") return String(value);
  const slip = header && nearName(name, Object.keys(header.settings));
  if (slip) throw new UsageError(`no ${name}: line ${header.line} has ${slip}; did you mean ${name}?`);
  const isBare = reader.unit === "line" && nearName(name, columns) !== undefined;
  const inJob = `; in a first line, settings stand in {"job": {"${name}": …}}`;
  throw new UsageError(`no ${name}: give --${name} ${how}${isBare ? inJob : ""}`);
}

/**
 * `--base-url` is the environment's address of the provider. It is no setting of the job. A person who may upload to a stack
 * must not choose where the stack's key goes.
 */
function useAddress(name: string, { baseUrl, stack, sandbox }: JobFlags): void {
  const provider = ProviderName.safeParse(name);
  if (stack !== undefined || sandbox)
    throw new UsageError("--base-url is for jobs that run on this machine, and not with --sandbox");
  if (!provider.success || !baseUrl) return;
  const { url, now_url } = PROFILES[provider.data].variables as ProviderVariables;
  process.env[url] = baseUrl;
  // It leads all calls of this command.
  if (now_url) delete process.env[now_url];
}

function fromFlags(flags: JobFlags): Record<string, unknown> {
  const { temperature, maxTokens, extra, promptFile, schema } = flags;
  const named = Object.entries(flags).map(([flag, value]) => [
    flag.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    value,
  ]);
  const defaults = given({ temperature, max_tokens: maxTokens, extra });
  return given({
    ...Object.fromEntries(named.filter(([name]) => name in JobSpec.shape)),
    ...(Object.keys(defaults).length > 0 && { defaults }),
    ...(promptFile !== undefined && { prompt: textFile(promptFile).replace(/\r?\n$/, "") }),
    ...(schema !== undefined && { schema: jsonFile(schema) }),
  });
}
