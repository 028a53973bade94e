/** The sandbox as the provider of a local run: asked for by name, and never with a real key. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { ENV } from "../shared/names.ts";
import { type Sandbox, startSandbox } from "./sandbox/sandbox.ts";

/** How a run uses the sandbox. */
export interface SandboxUse {
  /** Base URL, with its version, of an OpenAI-compatible server that answers instead of the built-in answers. */
  upstream?: string;
  /** Sent to that server as a bearer token. */
  upstreamKey?: string;
}

/** From a batch's creation to its end, in seconds: long enough to see it at work. */
const LATENCY = 3;
const KEY = "sandbox-needs-no-key";

/**
 * Where a run keeps its data. Real jobs, sandbox jobs, and sandbox jobs of each upstream server have
 * folders of their own, so that an answer of one is never taken for an answer of another.
 */
export function runFolder(dataDir: string, sandbox: SandboxUse | undefined): string {
  if (!sandbox) return join(dataDir, "live");
  if (!sandbox.upstream) return join(dataDir, "sandbox", "built-in");
  return join(
    dataDir,
    "sandbox",
    `upstream-${createHash("sha256").update(sandbox.upstream).digest("hex").slice(0, 8)}`,
  );
}

/** Starts the sandbox in a run's folder and turns this process's environment to it. */
export async function useSandbox(folder: string, { upstream, upstreamKey }: SandboxUse): Promise<Sandbox> {
  const sandbox = await startSandbox({
    dir: join(folder, "provider"),
    latencySeconds: LATENCY,
    ...(upstream === undefined ? {} : { upstream }),
    ...(upstreamKey === undefined ? {} : { upstreamKey }),
  });
  Object.assign(process.env, {
    OPENAI_BASE_URL: sandbox.openaiBaseUrl,
    ANTHROPIC_BASE_URL: sandbox.anthropicBaseUrl,
    [ENV.openaiKey]: KEY,
    [ENV.anthropicKey]: KEY,
    // The weakest source of settings: the sandbox answers within seconds, so it is asked every second.
    [ENV.jobDefaults]: JSON.stringify({ min_poll_seconds: 1 }),
  });
  return sandbox;
}
