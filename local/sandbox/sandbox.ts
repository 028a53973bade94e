import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockFolder } from "../folder-lock.ts";
import { LOOPBACK } from "../loopback.ts";
import { BY_AWS } from "./anthropic/access.ts";
import { anthropicApi } from "./anthropic/api.ts";
import type { ApiSettings, SandboxApi } from "./api-settings.ts";
import { type BedrockOptions, bedrockApi } from "./bedrock/api.ts";
import { digest } from "./chance.ts";
import { DIALECTS } from "./compatible/dialects.ts";
import { CountedFaults, type FaultPlan } from "./faults.ts";
import { geminiApi } from "./gemini/api.ts";
import { DOCUMENTED_LIMITS, type SandboxLimits } from "./limits.ts";
import { mistralApi } from "./mistral/api.ts";
import { openaiApi } from "./openai/api.ts";
import type { WebhookTarget } from "./openai/webhooks.ts";
import { SANDBOX_PREFIXES, SANDBOX_PROVIDERS, type SandboxProvider } from "./providers.ts";
import { RealtimeGate } from "./realtime-gate.ts";
import { Buckets, S3_PREFIX } from "./s3/buckets.ts";
import { createApiServer, type ServedCall } from "./server.ts";
import { type ProviderStats, statsOf } from "./stats.ts";

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
  /** From a batch's creation to its expiry. Default: what the provider has, mostly 24 hours. */
  expirySeconds?: number;
  limits?: Partial<SandboxLimits>;
  /** Takes any name for a model's. Default: the names of the price list, as an upstream server's are its own. */
  lenient?: boolean;
  /** What each call in real time takes. Default 0. */
  realtimeLatencySeconds?: number;
  /** Unix milliseconds, as `Date.now` gives them: states are a function of it. */
  clock?: () => number;
  /** Makes ids a function of it, for runs that can be repeated exactly. Default: random ids. */
  seed?: string;
  /** The keys that are good. Default: any; none at all is a 401 in either case. */
  keys?: Partial<Record<SandboxProvider, string[]>>;
  /** What goes wrong with calls; see `faults.ts`. */
  faults?: FaultPlan;
  /** The share of a batch's requests that end in the provider's own error, 0 to 1. Default 0. */
  failRate?: number;
  /** Gets OpenAI's webhooks. Default: nobody. */
  webhook?: WebhookTarget;
  /** Bedrock's S3, and who gets its events. Default: the sandbox's own S3, and nobody. */
  bedrock?: BedrockOptions;
  /** Gets every call when it has been answered, or cut off. */
  onCall?: (call: ServedCall) => void;
}

export type { ProviderStats };

export interface Sandbox {
  port: number;
  /** The base URL of each provider's API, as its SDK takes it. */
  baseUrls: Record<SandboxProvider, string>;
  /** The S3 that Bedrock's half uses when the options name none: for `AWS_ENDPOINT_URL_S3`. */
  s3Url: string;
  /** For `OPENAI_BASE_URL`. */
  openaiBaseUrl: string;
  /** For `ANTHROPIC_BASE_URL`. */
  anthropicBaseUrl: string;
  /** Counts over everything in its directory, earlier runs included; deleted batches are gone from them. */
  stats(): Promise<Record<SandboxProvider, ProviderStats>>;
  close(): Promise<void>;
}

/** The sandbox as a caller of its own S3. */
const OWN_KEYS = { accessKeyId: "sandbox", secretAccessKey: "sandbox" };

/** Hours from a batch's creation to its expiry, where they are not 24. */
const LIFETIME_HOURS: ReadonlyMap<SandboxProvider, number> = new Map([["gemini", 48]]);

/** What makes each provider's half. */
type MakeApi = (settings: ApiSettings, options: SandboxOptions) => SandboxApi;

const APIS: Record<SandboxProvider, MakeApi> = {
  openai: (settings) => openaiApi(settings),
  bedrock: (settings, { bedrock }) => bedrockApi(settings, bedrock),
  anthropic: (settings) => anthropicApi(settings),
  "anthropic-aws": (settings) => anthropicApi(settings, BY_AWS),
  mistral: mistralApi,
  gemini: geminiApi,
  ...(Object.fromEntries(
    Object.entries(DIALECTS).map(([name, dialect]): [string, MakeApi] => [
      name,
      (settings) => openaiApi(settings, dialect),
    ]),
  ) as Record<keyof typeof DIALECTS, MakeApi>),
};

/**
 * Starts a server on 127.0.0.1 that speaks the providers' APIs. Their SDKs need only another base URL.
 * @throws Error when the port is taken, or another process has the folder.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { dir, release } = takeFolder(options.dir);
  const faults = new CountedFaults(options.faults);
  const portOf = () => (server.address() as AddressInfo).port;
  const own = {
    endpoint: async () => ({ protocol: "http:", hostname: LOOPBACK, port: portOf(), path: `${S3_PREFIX}/` }),
    credentials: OWN_KEYS,
  };
  const withS3 = { ...options, bedrock: { s3: own, ...options.bedrock } };
  const apis = mapProviders((provider) => APIS[provider](settingsOf(options, dir, provider, faults), withS3));
  const all = Object.values(apis);
  const server = createApiServer(
    all.map(({ api }) => api),
    { faults, onCall: options.onCall, buckets: new Buckets(join(dir, "s3")) },
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, LOOPBACK, resolve);
  }).catch((error: unknown) => {
    release();
    throw error;
  });
  for (const { runner, background } of all) {
    runner.resume();
    background?.start();
  }
  const port = portOf();
  const baseUrls = mapProviders((provider) => `http://${LOOPBACK}:${port}${SANDBOX_PREFIXES[provider]}`);
  return {
    port,
    baseUrls,
    s3Url: `http://${LOOPBACK}:${port}${S3_PREFIX}`,
    openaiBaseUrl: baseUrls.openai,
    anthropicBaseUrl: baseUrls.anthropic,
    async stats() {
      const stats = await Promise.all(
        all.map(async (api) => [api.api.provider, await statsOf(api)] as const),
      );
      return Object.fromEntries(stats) as Record<SandboxProvider, ProviderStats>;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await Promise.all(all.map(({ background }) => background?.close()));
      await Promise.all(all.map(({ runner }) => runner.close()));
      release();
    },
  };
}

function mapProviders<T>(make: (provider: SandboxProvider) => T): Record<SandboxProvider, T> {
  const made = SANDBOX_PROVIDERS.map((provider) => [provider, make(provider)] as const);
  return Object.fromEntries(made) as Record<SandboxProvider, T>;
}

/** A folder that two sandboxes shared would lose records of both. */
function takeFolder(given: string | undefined): { dir: string; release(): void } {
  if (given !== undefined) return { dir: given, release: lockFolder(given) };
  const dir = mkdtempSync(join(tmpdir(), "nightshift-sandbox-"));
  return { dir, release: () => rmSync(dir, { recursive: true, force: true }) };
}

function settingsOf(
  options: SandboxOptions,
  dir: string,
  provider: SandboxProvider,
  faults: CountedFaults,
): ApiSettings {
  const { seed, upstream } = options;
  const clock = options.clock ?? Date.now;
  const limits = { ...DOCUMENTED_LIMITS, ...options.limits };
  return {
    provider,
    prefix: SANDBOX_PREFIXES[provider],
    models: options.lenient || upstream !== undefined ? "any" : "listed",
    gate: new RealtimeGate({
      requestsPerMinute: limits.requests_per_minute,
      tokensPerMinute: limits.tokens_per_minute,
      concurrent: limits.concurrent_requests,
      latency: (options.realtimeLatencySeconds ?? 0) * 1000,
      clock,
    }),
    dir: join(dir, provider),
    clock,
    newId: (prefix, n) => {
      const unique = seed === undefined ? randomUUID().replaceAll("-", "") : digest(seed, prefix, String(n));
      return prefix + unique.slice(0, 24);
    },
    limits,
    faults,
    keys: options.keys?.[provider],
    upstream: upstream === undefined ? undefined : { url: upstream, key: options.upstreamKey },
    webhook: provider === "openai" ? options.webhook : undefined,
    failRate: options.failRate ?? 0,
    latency: (options.latencySeconds ?? 2) * 1000,
    lifetime: (options.expirySeconds ?? (LIFETIME_HOURS.get(provider) ?? 24) * 3600) * 1000,
    givenLifetime: options.expirySeconds === undefined ? undefined : options.expirySeconds * 1000,
  };
}
