/** The sandbox as the provider of a local run: asked for by name, and never with a real key. */
import { join } from "node:path";
import type { ProviderName } from "../shared/models.ts";
import { ENV } from "../shared/names.ts";
import { PROFILES, PROVIDER_NAMES } from "../shared/providers/list.ts";
import type { Sandbox } from "./sandbox/sandbox.ts";

export interface SandboxUse {
  /** Base URL, with its version, of an OpenAI-compatible server that answers instead of the built-in answers. */
  upstream?: string | undefined;
  /** Sent to that server as a bearer token. */
  upstreamKey?: string | undefined;
}

/** From a batch's creation to its end, in seconds: long enough to see it at work. */
const LATENCY = 3;
const KEY = "sandbox-needs-no-key";
/** With which providers without keys are called. */
const AWS = { AWS_REGION: "us-east-1", AWS_ACCESS_KEY_ID: KEY, AWS_SECRET_ACCESS_KEY: KEY };
/** A user's own identity, which would go before: it stays in the shell, and does not come to the sandbox. */
const AWS_IDENTITY = ["AWS_PROFILE", "AWS_SESSION_TOKEN"];

/** Starts the sandbox in a run's folder, else in a temporary one, and turns this process's environment to it. */
export async function useSandbox(
  folder: string | undefined,
  { upstream, upstreamKey }: SandboxUse,
): Promise<Sandbox> {
  const { startSandbox } = await import("./sandbox/sandbox.ts");
  const dir = folder && join(folder, "provider");
  const sandbox = await startSandbox({ dir, latencySeconds: LATENCY, upstream, upstreamKey });
  for (const name of AWS_IDENTITY) delete process.env[name];
  Object.assign(process.env, {
    ...Object.fromEntries(PROVIDER_NAMES.flatMap((provider) => variablesOf(provider, sandbox))),
    ...AWS,
    AWS_ENDPOINT_URL_S3: sandbox.s3Url,
    // A model of the upstream server has no list price, whatever it is called.
    ...(upstream === undefined ? {} : { [ENV.unpriced]: "true" }),
    // The weakest source of settings: the sandbox answers within seconds, so it is asked every second.
    [ENV.jobDefaults]: JSON.stringify({ min_poll_seconds: 1 }),
  });
  return sandbox;
}

function variablesOf(provider: ProviderName, { baseUrls }: Sandbox): [string, string][] {
  const { url, now_url, key, needed } = PROFILES[provider].variables;
  return [
    ...[url, now_url ?? []].flat().map((name): [string, string] => [name, baseUrls[provider]]),
    ...(key === null ? [] : [[key, KEY] as [string, string]]),
    ...Object.entries(needed),
  ];
}
