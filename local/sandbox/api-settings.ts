import type { StoredBatch } from "./batch.ts";
import type { CountedFaults } from "./faults.ts";
import type { Api } from "./http.ts";
import type { SandboxLimits } from "./limits.ts";
import type { WebhookTarget } from "./openai/webhooks.ts";
import type { SandboxProvider } from "./providers.ts";
import type { RealtimeCounts } from "./realtime.ts";
import type { RealtimeGate } from "./realtime-gate.ts";
import type { Records } from "./records.ts";
import type { Runner } from "./runner.ts";
import type { Upstream } from "./upstream.ts";

/** How strict a sandbox is with the names of models. */
export type ModelRule = "listed" | "any";

/** What each provider's half of the sandbox is made from. Times in milliseconds. */
export interface ApiSettings {
  provider: SandboxProvider;
  /** Path of the API on the server. */
  prefix: string;
  dir: string;
  models: ModelRule;
  gate: RealtimeGate;
  clock: () => number;
  /** An id for the n-th record. */
  newId: (prefix: string, n: number) => string;
  limits: SandboxLimits;
  faults: CountedFaults;
  /** The keys that are good; any key is when left out. */
  keys: string[] | undefined;
  upstream: Upstream | undefined;
  /** The share of the requests that end in a server error, 0 to 1. */
  failRate: number;
  /** Gets OpenAI's webhooks; Anthropic has none. */
  webhook: WebhookTarget | undefined;
  latency: number;
  lifetime: number;
  /** `lifetime` when the options say it, for providers whose creates do. */
  givenLifetime: number | undefined;
}

/** One provider's half: its routes, and what the sandbox reads for statistics. */
export interface SandboxApi {
  api: Api;
  runner: Runner;
  batches: Records<StoredBatch>;
  /** What runs without calls: webhooks, events. */
  background?: { start(): void; close(): Promise<void> } | undefined;
  realtime: RealtimeCounts;
}
