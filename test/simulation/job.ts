/** Draws a job: an input file, its settings, and what must become of each line. */
import { gzipSync } from "node:zlib";
import type { ProviderName } from "../../shared/models.ts";
import { PROFILES, PROVIDER_NAMES } from "../../shared/providers/list.ts";
import type { Item } from "../../shared/records/port.ts";
import { jobIdPrefix, type TenantSettings } from "../../shared/tenants/tenant.ts";
import { MARKS } from "./answers.ts";
import type { Random } from "./random.ts";
import { SIMULATED } from "./simulated-providers.ts";

/** One line of the input, as it must come out. */
export type ExpectedLine = { line: number; custom_id: string; text: string } & (
  | { valid: true; message: string }
  | { valid: false }
);

/** A drawn job. */
export interface DrawnJob {
  /** Its id begins with it. */
  name: string;
  /** Of the input object. */
  key: string;
  provider: ProviderName;
  /** The input's bytes. */
  input: Buffer;
  /** S3 user metadata of the upload. */
  metadata: Record<string, string>;
  /** Every line that is an item, in input order; blank lines and the header are none. */
  lines: ExpectedLine[];
  header: string | null;
  limits: { max_requests: number; min_requests?: number; max_batches_per_hour?: number };
  max_rounds: number;
  min_poll_seconds: number;
  deadline_hours: number | undefined;
  /** Whether it goes over to real time before its deadline. */
  real_time: boolean;
  /** US dollars; whoever starts the job raises it when it is refused. */
  max_cost_usd: number | undefined;
  /** Set once it was raised: the input's own no longer holds. */
  capRaised?: true;
  /** The tenant in whose folder it is uploaded. */
  tenant: Tenant | undefined;
}

/** A tenant, and what its parameter says. */
export interface Tenant {
  name: string;
  settings: TenantSettings;
}

/** The model of every job: a name that no provider's rules know. */
const MODEL = "sim";
/** Output tokens of a request at most: as many as each answer has, so that caps on the cost are met. */
const MAX_TOKENS = 2;
/** US dollars for a million tokens. Output is nearly all of the cost: the estimate of input is far above what is billed. */
const PRICE = { input_mtok: 0.01, output_mtok: 50, batch_share: 0.5 };
/** `MODEL_PRICES` for the simulated models. */
export const PRICES = Object.fromEntries(PROVIDER_NAMES.map((name) => [name, { [MODEL]: PRICE }]));
const WEIGHTS = PROVIDER_NAMES.map((name) => [SIMULATED[name].weight, name] as const);
/** Fewest requests of a batch at Bedrock, there for the pooling of what batches leave over. */
const FEWEST = [2, 3, 4];
/** Bytes of the answers of a job whose results are large enough for S3's copy of parts. */
const LONG_ANSWER = 1_200_000;

/** Draws one job, or two; two for one provider share its limits and its queue. */
export function drawJobs(random: Random): DrawnJob[] {
  const tenant = random.chance(0.2) ? drawTenant(random) : undefined;
  const first = drawJob(random, "first", random.weighted(WEIGHTS), tenant);
  if (!random.chance(0.25)) return [first];
  const provider = random.chance(0.5) ? first.provider : random.weighted(WEIGHTS);
  const second = drawJob(random, "second", provider, random.chance(0.5) ? tenant : undefined);
  if (second.provider !== first.provider) return [first, second];
  // The larger of the two, or the longer job would be cut into dozens of batches, each with its polls.
  const max_requests = Math.max(first.limits.max_requests, second.limits.max_requests);
  const least = Math.min(first.limits.min_requests ?? 0, second.limits.min_requests ?? 0);
  const limits = { ...first.limits, max_requests, ...(least > 0 && { min_requests: least }) };
  return [first, second].map((job) => ({ ...job, limits }));
}

/** The job's record in the table. */
export function recordOf(job: DrawnJob, items: ReadonlyMap<string, Item>): Item | undefined {
  const prefix = `${job.tenant ? jobIdPrefix(job.tenant.name) : ""}${job.name}-`;
  return [...items.values()].find(({ sk, job_id }) => sk === "job" && String(job_id).startsWith(prefix));
}

/** A tenant with a key of its own, a cap on rounds, or neither. */
function drawTenant(random: Random): Tenant {
  const names = PROVIDER_NAMES.filter((name) => PROFILES[name].variables.key !== null);
  const own = random.chance(0.6) ? names : [];
  const secrets = Object.fromEntries(own.map((name) => [name, `acme-${name}`]));
  const limits = random.chance(0.5) ? { max_rounds: random.int(1, 2) } : {};
  return { name: "acme", settings: { defaults: {}, limits, secrets } };
}

/** Draws a job; its name makes its messages unlike any other job's. */
function drawJob(random: Random, name: string, provider: ProviderName, tenant: Tenant | undefined): DrawnJob {
  const { endpoints, limits: known } = PROFILES[provider];
  const min_requests = known.min_requests === undefined ? undefined : random.pick(FEWEST);
  const long = random.chance(0.02);
  const count = long
    ? random.int(4, 12)
    : random.weighted([
        [1, min_requests ?? 1],
        [min_requests === undefined ? 4 : 1, random.int(2, 12)],
        [3, random.int(13, 60)],
      ]);
  const hasChoice = (endpoints as readonly string[]).includes("/v1/responses");
  const endpoint = hasChoice && random.chance(0.3) ? "/v1/responses" : undefined;
  // More than a tenant may have is refused; that has tests of its own.
  const max_rounds = Math.min(random.int(1, 4), tenant?.settings.limits.max_rounds ?? 4);
  const min_poll_seconds = random.pick([5, 30, 30, 60, 60, 60]);
  const deadline_hours = random.chance(0.2) ? random.pick([0.2, 1, 6, 20]) : undefined;
  const real_time = deadline_hours !== undefined && random.chance(0.5);
  const max_cost_usd = random.chance(0.25) ? random.pick([0.000_001, 0.000_001, 0.01]) : undefined;
  const settings = {
    provider,
    model: MODEL,
    max_rounds,
    min_poll_seconds,
    max_concurrent_batches: random.int(1, 8),
    ...(deadline_hours && { deadline_hours }),
    ...(endpoint && { endpoint }),
    ...(max_cost_usd && { max_cost_usd }),
    ...(real_time && { at_deadline: "real_time" }),
    ...(random.chance(0.1) && { small_rounds: "real_time" }),
  };
  const header = random.chance(0.5) ? JSON.stringify({ job: settings }) : null;
  const texts = header === null ? [] : [header];
  const lines: ExpectedLine[] = [];
  for (let item = 1; item <= count; item++) {
    if (random.chance(0.03)) texts.push("");
    const message = `${MARKS.prompt} ${name}/${item}${long ? ` fill ${LONG_ANSWER}` : ""}${random.chance(0.1) ? "\u2028" : ""}`;
    const drawn = drawLine(random, provider, endpoint, message, lines);
    texts.push(drawn.text);
    lines.push({ ...drawn, line: texts.length });
  }
  // A job without enough valid lines is refused; that has tests of its own.
  if (lines.filter((line) => line.valid).length < (min_requests ?? 1))
    return drawJob(random, name, provider, tenant);
  // Several batches leave something over for Bedrock's last round.
  const batches = random.int(min_requests === undefined ? 1 : 4, 8);
  const input = Buffer.from(texts.join(random.pick(["\n", "\n", "\r\n"])) + random.pick(["\n", ""]));
  const packed = random.chance(0.15);
  return {
    name,
    key: `inbox/${tenant ? `${tenant.name}/` : ""}${name}.jsonl${packed ? ".gz" : ""}`,
    provider,
    input: packed ? gzipSync(input) : input,
    metadata: header === null ? metadataOf(settings) : {},
    lines,
    header,
    limits: {
      max_requests: Math.max(Math.ceil(count / batches), 2 * (min_requests ?? 0)),
      ...(min_requests !== undefined && { min_requests }),
      ...(random.chance(0.1) && { max_batches_per_hour: random.int(1, 5) }),
    },
    max_rounds,
    min_poll_seconds,
    deadline_hours,
    real_time,
    max_cost_usd,
    tenant,
  };
}

type DrawnLine = { custom_id: string; text: string } & ({ valid: true; message: string } | { valid: false });

function drawLine(
  random: Random,
  provider: DrawnJob["provider"],
  endpoint: string | undefined,
  message: string,
  before: ExpectedLine[],
): DrawnLine {
  const custom_id =
    random.pick(["id", "", 'ü\u2028"\\', "x".repeat(70)]) + message.slice(message.indexOf("/"));
  const item = (id: string) =>
    JSON.stringify({ custom_id: id, user_message: message, max_tokens: MAX_TOKENS });
  const used = before.find((line) => line.valid);
  return random.weighted<() => DrawnLine>([
    [60, () => ({ custom_id, text: item(custom_id), valid: true, message })],
    [20, () => ({ custom_id, text: native(provider, endpoint, custom_id, message), valid: true, message })],
    [2, () => ({ custom_id: "", text: `not JSON ${message}`, valid: false })],
    [2, () => ({ custom_id: "", text: JSON.stringify({ user_message: message }), valid: false })],
    [
      2,
      () => ({
        custom_id,
        text: JSON.stringify({ custom_id, user_message: message, temperature: 9 }),
        valid: false,
      }),
    ],
    [
      2,
      () => ({
        custom_id,
        text: native(
          SIMULATED[provider].protocol === "anthropic" ? "openai" : "anthropic",
          undefined,
          custom_id,
          message,
        ),
        valid: false,
      }),
    ],
    // A custom_id that was used before is invalid; on a first valid line there is none.
    [
      used ? 2 : 0,
      () => ({ custom_id: used?.custom_id ?? "", text: item(used?.custom_id ?? ""), valid: false }),
    ],
  ])();
}

function native(
  provider: DrawnJob["provider"],
  endpoint: string | undefined,
  custom_id: string,
  content: string,
): string {
  const messages = [{ role: "user", content }];
  // Without a limit of output tokens, no cap on the cost could be kept.
  switch (SIMULATED[provider].protocol) {
    case "anthropic":
      return JSON.stringify({ custom_id, params: { model: MODEL, max_tokens: MAX_TOKENS, messages } });
    case "bedrock": {
      const modelInput = {
        messages: [{ role: "user", content: [{ text: content }] }],
        inferenceConfig: { maxTokens: MAX_TOKENS },
      };
      return JSON.stringify({ custom_id, modelInput });
    }
    case "gemini": {
      const contents = [{ role: "user", parts: [{ text: content }] }];
      return JSON.stringify({
        custom_id,
        request: { contents, generationConfig: { maxOutputTokens: MAX_TOKENS } },
      });
    }
    case "mistral":
      return JSON.stringify({ custom_id, body: { max_tokens: MAX_TOKENS, messages } });
    default: {
      const url = endpoint ?? "/v1/chat/completions";
      const body = endpoint
        ? { model: MODEL, input: content, max_output_tokens: MAX_TOKENS }
        : { model: MODEL, messages, max_completion_tokens: MAX_TOKENS };
      return JSON.stringify({ custom_id, method: "POST", url, body });
    }
  }
}

function metadataOf(settings: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [key.replaceAll("_", "-"), String(value)]),
  );
}
