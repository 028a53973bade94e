/** What a profile of a provider says. Profiles are pure data: the list of them is `list.ts`. */
import type { Endpoint } from "../models.ts";

/** What one provider batch may hold, and what a provider allows a client. */
export interface ProviderLimits {
  max_requests: number;
  /** Bytes of one batch as sent: a JSONL file, or a JSON body. */
  max_bytes: number;
  /** Fewest requests in one batch, where there is such a limit. */
  min_requests?: number | undefined;
  /** Batches that an account may create in an hour, where there is such a limit. */
  max_batches_per_hour?: number | undefined;
  /** Hours after which the provider has ended every batch. */
  longest_hours: number;
  /**
   * Requests a minute in real time that an account is assumed to have, until its answers say: those of OpenAI's and
   * Anthropic's lowest paid tiers (https://platform.openai.com/docs/models/gpt-4.1,
   * https://docs.claude.com/en/api/rate-limits), elsewhere a cautious guess.
   */
  now_per_minute: number;
}

/** Endpoints of OpenAI's batches: https://platform.openai.com/docs/api-reference/batch/create */
export const OPENAI_ENDPOINTS = [
  "/v1/chat/completions",
  "/v1/responses",
  "/v1/embeddings",
  "/v1/completions",
  "/v1/moderations",
] as const;

/** The wire format and the calls of an API. Several providers can speak one protocol. */
export type Protocol = "openai" | "anthropic" | "anthropic-aws" | "bedrock" | "gemini" | "mistral";

/** How one provider differs from others with its protocol. */
export interface Quirks {
  /** Seconds after which the provider drops an uploaded file; without it, `expires_after` is not sent. */
  upload_lifetime?: number;
  /** Seconds after which the provider drops result files, as a net under `deleteFiles`; without it, it is not sent. */
  output_lifetime?: number;
  /** Whether chat answers are limited by `max_tokens`: older servers do not know `max_completion_tokens`. */
  max_tokens?: boolean;
  /** Whether endpoints are written without `/v1`. */
  strips_v1?: boolean;
}

/** The names of a provider's environment variables. */
export interface ProviderVariables {
  /** The API key itself; null where AWS credentials stand in for it. */
  key: string | null;
  url: string;
  /** The address that is asked in real time, where that may be another. */
  now_url?: string;
  /** Secrets Manager's name or ARN of the secret with the key. Used where `key` is not set. */
  secret: string | null;
  /** Others without which no batch can be sent, each with an example, which is good for the sandbox. */
  needed: Readonly<Record<string, string>>;
  /** Set where real time needs none of `needed`. */
  needed_for?: "batches";
}

export type ProviderUse = "batches" | "real_time";

/** Names of the variables in `needed` that a use cannot do without. */
export function neededFor({ needed, needed_for }: ProviderVariables, use: ProviderUse): string[] {
  return use === "real_time" && needed_for === "batches" ? [] : Object.keys(needed);
}

/** How a provider that knows its callers by AWS credentials is reached. */
export interface AwsAccess {
  /** The name of the service in signatures. */
  service: string;
  /** What the Lambdas that call it must be allowed. */
  grants: readonly AwsGrant[];
}

/** One permission, as a statement of a role's policy has it. */
export interface AwsGrant {
  actions: readonly string[];
  /** `{region}`, `{account}` and variables stand for values. */
  resource: string;
  /** Which Lambdas need it: the one that creates batches, all that handle batches, or the one that asks in real time. */
  to: "create" | "batch" | "ask";
  /** ARNs that the request must name, by condition key. */
  condition?: Readonly<Record<string, readonly string[]>>;
}

/** All that is not code about a provider. */
export interface ProviderProfile {
  /** For people. */
  title: string;
  /** In the names of stack outputs and constructs: `OpenAi` in `OpenAiSecretName`. */
  id: string;
  protocol: Protocol;
  variables: ProviderVariables;
  /** Absent for a provider that knows its callers by a key. */
  aws?: AwsAccess;
  /** The address when `variables.url` is not set; null where only the user knows it. `{region}`: AWS's. */
  base_url: string | null;
  pages: {
    /** Where keys are made. */
    keys: string | null;
    /** The page that reports outages. */
    status: string | null;
  };
  price: {
    /** The provider's id in @pydantic/genai-prices; null where it has no prices for it. */
    list: string | null;
    /** Price of a batch divided by the price in real time; null where it is not known. */
    batch_share: number | null;
  };
  limits: ProviderLimits;
  /** Limits of models that differ, by a part of the model's name; the first that fits counts. */
  model_limits?: readonly { model: string; limits: Partial<ProviderLimits> }[];
  /** Shortest and longest `completion_window`, in hours. */
  window_hours: readonly [number, number];
  /** The endpoints that a job may choose. Empty: there is one, and no choice. */
  endpoints: readonly Endpoint[];
  /** Set where one batch can have several models. */
  mixes_models?: true;
  /** Set where the provider limits the tokens that a model's batches have waiting; see `token-ledger.ts`. */
  limits_queued_tokens?: true;
  quirks?: Quirks;
}

/** The variables of a provider with a key: `OPENAI_API_KEY`, `OPENAI_BASE_URL`, `OPENAI_SECRET_ID`. */
export function keyVariables<P extends string>(prefix: P) {
  return {
    key: `${prefix}_API_KEY`,
    url: `${prefix}_BASE_URL`,
    secret: `${prefix}_SECRET_ID`,
    needed: {},
  } as const;
}

/** Hours of a `completion_window`: `24h`, `7d`. */
export function hoursOf(window: string): number {
  const number = Number.parseInt(window, 10);
  return window.endsWith("d") ? number * 24 : number;
}
