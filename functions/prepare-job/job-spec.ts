/** Where a job's settings come from, strongest first: execution, first line, object metadata, tenant, stack; and what caps them. */
import { InvalidJobError } from "../../shared/errors.ts";
import { exactJson } from "../../shared/json/exact.ts";
import { JobSpec, ProviderName } from "../../shared/models.ts";
import { byName, nameSet } from "../../shared/name-set.ts";
import { ENV } from "../../shared/names.ts";
import { settingMeant } from "../../shared/near-name.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import { hoursOf } from "../../shared/providers/profile.ts";
import type { TenantLimits } from "../../shared/tenants/tenant.ts";
import { SETTINGS } from "../../shared/workflow/job-source.ts";

/** Settings of one source and how to name it to a person. */
export interface SpecSource {
  from: string;
  settings: Record<string, unknown>;
  /** Whether they are there for jobs that ask for nothing: a cap lowers them, and refuses others. */
  isDefault?: true;
}

/** Settings whose value in S3 user metadata is JSON: a number, an object or a list. */
const NOT_TEXT = nameSet(`
  defaults betas max_rounds min_poll_seconds max_concurrent_batches deadline_hours max_cost_usd messages
  carry allowances prices schema schema_retries outputs
`);

const KIND_OF_JSON = byName({
  "a JSON object": "defaults allowances prices schema",
  "a JSON list": "messages outputs carry betas",
});

/**
 * User metadata that tools add by themselves, and that reads like a slip of a setting. The tools are s3fs, rclone,
 * s3cmd, MinIO's `mc`, DataSync and Storage Gateway.
 */
const TOOL_METADATA = nameSet("mode uid gid mtime atime ctime btime rdev s3cmd-attrs");

/**
 * S3 user metadata as settings: `-` reads as `_`, and the values of settings that are not text are JSON. Metadata that is no
 * setting, nor a slip of one, is a tool's, and passed over.
 * @throws InvalidJobError naming the key when such a value is not JSON, or the key is a slip
 */
export function metadataSettings(metadata: Record<string, string>): Record<string, unknown> {
  const settings: Record<string, unknown> = Object.create(null);
  for (const [key, value] of Object.entries(metadata)) {
    if (TOOL_METADATA.has(key)) continue;
    const name = key.replaceAll("-", "_");
    if (!SETTINGS.includes(name)) {
      const meant = settingMeant(name, SETTINGS);
      if (meant === undefined) continue;
      throw new InvalidJobError(`the object's metadata ${key.slice(0, 64)}: unknown setting; ${meant}`);
    }
    // biome-ignore lint/plugin: the object has no prototype
    settings[name] = NOT_TEXT.has(name) ? parsed(key, value) : value;
  }
  return settings;
}

/** Lists of names, which may also be written with commas between them: JSON is hard to type in a shell. */
const LISTS = new Set(["outputs", "carry", "betas"]);

function parsed(key: string, value: string): unknown {
  try {
    // A schema's bounds may be those of 64 bits, and are rounded as everywhere.
    return key === "schema" ? JSON.parse(value) : exactJson(value);
  } catch (error) {
    if (error instanceof RangeError)
      throw new InvalidJobError(`the object's metadata ${key}: ${error.message}`);
    if (LISTS.has(key) && !value.startsWith("[")) return value.split(",").map((name) => name.trim());
    throw new InvalidJobError(`the object's metadata ${key} must be ${KIND_OF_JSON.get(key) ?? "a number"}`);
  }
}

/** The sources, and the endpoint that the input's own lines name, where the job is OpenAI's: only defaults are weaker. */
export function withEndpoint(sources: SpecSource[], endpoint: SpecSource | null): SpecSource[] {
  const provider = sources.find(({ settings }) => settings.provider !== undefined)?.settings.provider;
  if (!endpoint || provider !== "openai") return sources;
  const isDefault = (source: SpecSource) => source.isDefault === true;
  return [...sources.filter((source) => !isDefault(source)), endpoint, ...sources.filter(isDefault)];
}

/**
 * The resolved spec; each setting is taken whole from the strongest source that has it.
 * @param limits caps of the tenant
 * @param begun whether the job is under way. A lowered cap does not refuse it then, as its batches must be collected
 * @throws InvalidJobError naming the setting and the source
 */
export function resolveSpec(sources: SpecSource[], limits: TenantLimits = {}, begun = false): JobSpec {
  const merged: Record<string, unknown> = Object.create(null);
  const from: Sources = Object.create(null);
  for (const source of [...sources].reverse()) {
    for (const [name, value] of Object.entries(source.settings)) {
      if (value === null) continue;
      // biome-ignore lint/plugin: the object has no prototype
      merged[name] = value;
      // biome-ignore lint/plugin: the object has no prototype
      from[name] = source;
    }
  }
  // An embeddings model answers at its own endpoint alone: as a chat, every item would be refused.
  const provider = ProviderName.safeParse(merged.provider).data;
  const hasEmbeddings = provider !== undefined && PROFILES[provider].endpoints.includes("/v1/embeddings");
  if (hasEmbeddings && !("endpoint" in merged) && EMBEDDINGS.test(String(merged.model)))
    merged.endpoint = "/v1/embeddings";
  const result = JobSpec.safeParse(merged);
  if (!result.success) throw new InvalidJobError(specProblem(result.error.issues, merged, from));
  const spec = result.data;
  requireUsable(spec.provider);
  const problem = unfit({ ...spec, deadline_hours: spec.deadline_hours ?? limits.deadline_hours }, merged);
  if (problem) throw new InvalidJobError(`${problem[0]} (from ${from[problem[0]]?.from}): ${problem[1]}`);
  return withinLimits(spec, begun ? {} : from, limits);
}

/** A setting that the job's provider does not have, and why. */
function unfit(spec: JobSpec, given: Record<string, unknown>): [name: string, why: string] | null {
  const { title, endpoints, window_hours, protocol } = PROFILES[spec.provider];
  if ("endpoint" in given && !endpoints.includes(spec.endpoint)) {
    const choice =
      endpoints.length === 0 ? "has one endpoint alone; remove it" : `takes ${endpoints.join(", ")}`;
    return ["endpoint", `${title} ${choice}`];
  }
  if (spec.at_deadline === "real_time" && spec.deadline_hours === undefined)
    return ["at_deadline", "the job has no deadline; give deadline_hours, or remove it"];
  if (spec.betas && !protocol.startsWith("anthropic")) return ["betas", `${title} knows no betas; remove it`];
  const [shortest, longest] = window_hours;
  const hours = spec.completion_window === undefined ? null : hoursOf(spec.completion_window);
  if (hours !== null && (hours < shortest || hours > longest)) {
    const range = shortest === longest ? `${shortest}h alone` : `${shortest}h to ${longest}h`;
    return ["completion_window", `${title} takes ${range}`];
  }
  return null;
}

/** @throws InvalidJobError when the stack was deployed without a provider: it has no key for it, and not its code */
function requireUsable(provider: ProviderName): void {
  const usable = process.env[ENV.providers];
  if (!usable || usable.split(",").includes(provider)) return;
  throw new InvalidJobError(
    `provider: the stack was deployed for ${usable} alone; deploy it with -c providers=${usable},${provider}`,
  );
}

/** Names of embeddings models: text-embedding-3-small, nomic-embed-text, gemini-embedding-001, amazon.titan-embed-text-v2:0. */
const EMBEDDINGS = /(^|[-/_.])embed(ding|dings)?([-/_.:]|$)/i;

/** The spec with no setting above its cap. Who did not ask for more is given as much as the cap allows. */
function withinLimits(spec: JobSpec, from: Sources, limits: TenantLimits): JobSpec {
  const caps = Object.entries(limits) as [keyof TenantLimits, number][];
  const above = caps.filter(([name, most]) => (spec[name] ?? Number.POSITIVE_INFINITY) > most);
  for (const [name, most] of above) {
    const source = from[name];
    if (!source || source.isDefault) continue;
    throw new InvalidJobError(
      `${name} (from ${source.from}): ${spec[name]} is more than the tenant's jobs may have; ask for at most ${most}, or have the tenant's limits raised where the stack is deployed`,
    );
  }
  return { ...spec, ...Object.fromEntries(above) };
}

/** By setting, the source that it is taken from. */
type Sources = Record<string, SpecSource>;

type Issue = { code: string; path: PropertyKey[]; message: string; keys?: string[] };

function specProblem(issues: Issue[], merged: Record<string, unknown>, from: Sources): string {
  const known = Object.keys(JobSpec.shape);
  const problems = issues.map((issue) => {
    if (issue.code === "unrecognized_keys" && issue.path.length === 0) {
      return (issue.keys ?? [])
        .map((key) => {
          const advice = settingMeant(key, known) ?? `there are ${known.join(", ")}`;
          return `${key} (from ${from[key]?.from}): unknown setting; ${advice}`;
        })
        .join("; ");
    }
    const name = String(issue.path[0]);
    if (!(name in merged)) return `${name}: missing; ${howToGive(name)}`;
    const value = name === "provider" ? ` ${JSON.stringify(merged[name])}` : "";
    return `${issue.path.join(".")}${value} (from ${from[name]?.from}): ${issue.message}`;
  });
  return `the job's settings are not valid: ${problems.join("; ")}`;
}

function howToGive(name: string): string {
  return `give it with --${name}, in the execution's input, as a first line {"job": {"${name}": …}}, or as S3 metadata ${name}=…`;
}
