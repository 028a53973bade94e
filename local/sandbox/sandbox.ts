import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProviderName, Usage } from "../../shared/models.ts";
import { lockFolder } from "../folder-lock.ts";
import { LOOPBACK } from "../loopback.ts";
import { anthropicApi } from "./anthropic/api.ts";
import type { ApiSettings, SandboxApi } from "./api-settings.ts";
import { digest } from "./chance.ts";
import type { FaultPlan } from "./faults.ts";
import type { SandboxLimits } from "./limits.ts";
import { DOCUMENTED_LIMITS } from "./limits.ts";
import { openaiApi } from "./openai/api.ts";
import type { WebhookTarget } from "./openai/webhooks.ts";
import { createApiServer, type ServedCall } from "./server.ts";

/** How a sandbox is started. Everything may be left out. */
export interface SandboxOptions {
  /** Default: any free one. */
  port?: number;
  /** Where its state is kept, so that it survives a kill and a restart. Default: a temporary one, removed by `close`. */
  dir?: string;
  /** Base URL of an OpenAI-compatible server, with its version: every request is sent there once. */
  upstream?: string;
  /** Sent to the upstream server as a bearer token. */
  upstreamKey?: string;
  /** From a batch's creation to its end. Default 2. */
  latencySeconds?: number;
  /** From a batch's creation to its expiry. Default: 24 hours, as the providers have it. */
  expirySeconds?: number;
  limits?: Partial<SandboxLimits>;
  /** Unix milliseconds, as `Date.now` gives them: states are a function of it. */
  clock?: () => number;
  /** Makes ids a function of it, for runs that can be repeated exactly. Default: random ids. */
  seed?: string;
  /** The keys that are good. Default: any; none at all is a 401 in either case. */
  keys?: { openai?: string[]; anthropic?: string[] };
  /** What goes wrong with calls; see `faults.ts`. */
  faults?: FaultPlan;
  /** The share of a batch's requests that end in the provider's own error, 0 to 1. Default 0. */
  failRate?: number;
  /** Gets OpenAI's webhooks. Default: nobody. */
  webhook?: WebhookTarget;
  /** Told of every call when it has been answered, or cut off. */
  onCall?: (call: ServedCall) => void;
}

/** What came to one provider's API. */
export interface ProviderStats {
  batches_created: number;
  /** Requests in the batches that were accepted. */
  requests_accepted: number;
  /** Requests that were answered in batches that have ended: what the provider would charge for. */
  requests_billed: number;
  /** The tokens of those, also where a result line was lost on its way. */
  tokens_billed: Required<Omit<Usage, "cache_write_1h_tokens">>;
}

/** A running sandbox. */
export interface Sandbox {
  port: number;
  /** For `OPENAI_BASE_URL`. */
  openaiBaseUrl: string;
  /** For `ANTHROPIC_BASE_URL`. */
  anthropicBaseUrl: string;
  /** Counts over everything in its directory, earlier runs included; deleted batches are gone from them. */
  stats(): Promise<Record<ProviderName, ProviderStats>>;
  close(): Promise<void>;
}

/**
 * Starts a server on 127.0.0.1 that speaks OpenAI's and Anthropic's batch APIs, for their SDKs with only the base
 * URL changed.
 * @throws Error when the port is taken, or another process has the folder.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { dir, release } = takeFolder(options.dir);
  const openai = openaiApi(settingsOf(options, dir, "openai"));
  const anthropic = anthropicApi(settingsOf(options, dir, "anthropic"));
  const server = createApiServer([openai.api, anthropic.api], options);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, LOOPBACK, resolve);
  }).catch((error: unknown) => {
    release();
    throw error;
  });
  openai.runner.resume();
  anthropic.runner.resume();
  openai.webhooks?.start();
  const { port } = server.address() as AddressInfo;
  return {
    port,
    openaiBaseUrl: `http://${LOOPBACK}:${port}${openai.api.prefix}`,
    anthropicBaseUrl: `http://${LOOPBACK}:${port}${anthropic.api.prefix}`,
    stats: async () => ({ openai: await statsOf(openai), anthropic: await statsOf(anthropic) }),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await openai.webhooks?.close();
      await Promise.all([openai.runner.close(), anthropic.runner.close()]);
      release();
    },
  };
}

/** A folder that two sandboxes shared would lose records of both. */
function takeFolder(given: string | undefined): { dir: string; release(): void } {
  if (given !== undefined) return { dir: given, release: lockFolder(given) };
  const dir = mkdtempSync(join(tmpdir(), "nightshift-sandbox-"));
  return { dir, release: () => rmSync(dir, { recursive: true, force: true }) };
}

function settingsOf(options: SandboxOptions, dir: string, provider: ProviderName): ApiSettings {
  const { seed, upstream } = options;
  return {
    dir: join(dir, provider),
    clock: options.clock ?? Date.now,
    newId: (prefix, n) => {
      const unique = seed === undefined ? randomUUID().replaceAll("-", "") : digest(seed, prefix, String(n));
      return prefix + unique.slice(0, 24);
    },
    limits: { ...DOCUMENTED_LIMITS, ...options.limits },
    keys: options.keys?.[provider],
    upstream: upstream === undefined ? undefined : { url: upstream, key: options.upstreamKey },
    webhook: options.webhook,
    failRate: options.failRate ?? 0,
    latency: (options.latencySeconds ?? 2) * 1000,
    lifetime: (options.expirySeconds ?? 24 * 3600) * 1000,
  };
}

async function statsOf({ runner, batches }: SandboxApi): Promise<ProviderStats> {
  const tokens = {
    prompt_tokens: 0,
    completion_tokens: 0,
    total_tokens: 0,
    cached_tokens: 0,
    cache_write_tokens: 0,
    reasoning_tokens: 0,
  };
  const stats = { batches_created: 0, requests_accepted: 0, requests_billed: 0, tokens_billed: tokens };
  for (const batch of batches.newestFirst()) {
    const { plan, settled, ended } = await runner.view(batch);
    stats.batches_created += 1;
    if (plan && plan.errors.length === 0) stats.requests_accepted += plan.requests;
    if (!ended || !settled) continue;
    stats.requests_billed += settled.succeeded;
    tokens.prompt_tokens += settled.input_tokens;
    tokens.completion_tokens += settled.output_tokens;
    tokens.total_tokens += settled.input_tokens + settled.output_tokens;
    tokens.cached_tokens += settled.cached_tokens;
    tokens.cache_write_tokens += settled.cache_write_tokens;
    tokens.reasoning_tokens += settled.reasoning_tokens;
  }
  return stats;
}
