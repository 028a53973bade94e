/** The stack on an emulator of AWS, with a sandbox in the providers' place. */
import { type Sandbox, startSandbox } from "../../local/sandbox/sandbox.ts";
import { type Receiver, startReceiver } from "../receiver.ts";
import { deploy } from "./cdk.ts";
import { Deployment } from "./deployment.ts";
import { startEmulator } from "./emulator.ts";

/** The keys that the sandbox accepts. */
export const KEYS = { openai: "sk-test-openai-key", anthropic: "sk-test-anthropic-key" };

/** A stack that is up. */
export interface Stack {
  aws: Deployment;
  sandbox: Sandbox;
  /** What `notifyUrl` leads to. */
  receiver: Receiver;
  /** What a process needs in its environment to take the emulator for AWS. */
  env: Record<string, string>;
  /** From now on time stands still for the providers' batches, until somebody has cancelled one. */
  holdBatches(): void;
  stop(): Promise<void>;
}

/** Deploys it as a user would, and points this process to it. Batches hold ten requests. */
export async function startStack(): Promise<Stack> {
  let standsAt: number | null = null;
  let cancelled = false;
  const emulator = await startEmulator();
  Object.assign(process.env, emulator.env);
  const sandbox = await startSandbox({
    latencySeconds: 1,
    keys: { openai: [KEYS.openai], anthropic: [KEYS.anthropic] },
    clock: () => standsAt ?? Date.now(),
    faults: ({ operation }) => {
      if (operation === "batches.cancel") cancelled = true;
      else if (cancelled) standsAt = null;
      return undefined;
    },
  });
  const receiver = await startReceiver();
  const outputs = await deploy(emulator.env, {
    openaiBaseUrl: sandbox.openaiBaseUrl,
    anthropicBaseUrl: sandbox.anthropicBaseUrl,
    notifyEmail: "night@example.com",
    notifyUrl: receiver.url,
    jobDefaults: JSON.stringify({ min_poll_seconds: 1 }),
    providerLimits: JSON.stringify({ openai: { max_requests: 10 }, anthropic: { max_requests: 10 } }),
  });
  return {
    aws: new Deployment(outputs),
    sandbox,
    receiver,
    env: emulator.env,
    holdBatches() {
      standsAt = Date.now();
      cancelled = false;
    },
    async stop() {
      await sandbox.close();
      await receiver.close();
      await emulator.stop();
    },
  };
}
