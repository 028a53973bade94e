import type { StoredBatch } from "./batch.ts";
import type { Api } from "./http.ts";
import type { SandboxLimits } from "./limits.ts";
import type { Webhooks, WebhookTarget } from "./openai/webhooks.ts";
import type { Records } from "./records.ts";
import type { Runner } from "./runner.ts";
import type { Upstream } from "./upstream.ts";

/** What each provider's half of the sandbox is made from. Times in milliseconds. */
export interface ApiSettings {
  dir: string;
  clock: () => number;
  /** An id for the n-th record. */
  newId: (prefix: string, n: number) => string;
  limits: SandboxLimits;
  /** The keys that are good; any key is when left out. */
  keys: string[] | undefined;
  upstream: Upstream | undefined;
  /** The share of the requests that end in a server error, 0 to 1. */
  failRate: number;
  /** Gets OpenAI's webhooks; Anthropic has none. */
  webhook: WebhookTarget | undefined;
  latency: number;
  lifetime: number;
}

/** One provider's half: its routes, and what the sandbox looks into for statistics. */
export interface SandboxApi {
  api: Api;
  runner: Runner;
  batches: Records<StoredBatch>;
  webhooks?: Webhooks | undefined;
}
