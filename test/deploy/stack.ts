/** The stack on an emulator of AWS, with a sandbox in the providers' place. */
import type { FaultPlan } from "../../local/sandbox/faults.ts";
import { type Sandbox, startSandbox } from "../../local/sandbox/sandbox.ts";
import { type Receiver, startReceiver } from "../harness/receiver.ts";
import { deliverAwsEvent } from "./aws-events.ts";
import { deploy } from "./cdk.ts";
import { Deployment } from "./deployment.ts";
import { startEmulator } from "./emulator.ts";

/** The keys that the sandbox accepts. */
export const KEYS = { openai: "sk-test-openai-key", anthropic: "sk-test-anthropic-key" };
/** What the sandbox signs OpenAI's webhooks with. */
export const SIGNING_SECRET = `whsec_${Buffer.from("what OpenAI signs with in a test").toString("base64")}`;

const CREDENTIALS = { accessKeyId: "test", secretAccessKey: "test" };

/** A stack that is up. */
export interface Stack {
  aws: Deployment;
  sandbox: Sandbox;
  /** Where the emulator serves `OpenAiWebhookUrl`. */
  webhookUrl: string;
  /** What `notifyUrl` leads to. */
  receiver: Receiver;
  /** What a process needs in its environment to take the emulator for AWS. */
  env: Record<string, string>;
  /** From now on time stands still for the providers' batches, until somebody has cancelled one. */
  holdBatches(): void;
  /** Lets some milliseconds pass for batches that are held. */
  passTime(milliseconds: number): void;
  stop(): Promise<void>;
}

/**
 * Deploys it as a user would, with more context if need be, and points this process to it. Batches hold ten requests.
 * `faults`: what goes wrong at the sandbox.
 */
export async function startStack(
  context: Record<string, string> = {},
  faults: FaultPlan = () => undefined,
): Promise<Stack> {
  let standsAt: number | null = null;
  let cancelled = false;
  const emulator = await startEmulator();
  Object.assign(process.env, emulator.env);
  const webhook = { url: "", secret: SIGNING_SECRET };
  const sandbox = await startSandbox({
    latencySeconds: 1,
    ...(context.openaiWebhooks && { webhook }),
    keys: { openai: [KEYS.openai], anthropic: [KEYS.anthropic] },
    bedrock: {
      s3: { endpoint: emulator.env.AWS_ENDPOINT_URL, credentials: CREDENTIALS },
      onEvent: (event) => void deliverAwsEvent(event),
    },
    clock: () => standsAt ?? Date.now(),
    faults: (call) => {
      if (call.operation === "batches.cancel") cancelled = true;
      else if (cancelled) standsAt = null;
      return faults(call);
    },
  });
  const receiver = await startReceiver();
  const outputs = await deploy(emulator.env, {
    openaiBaseUrl: sandbox.openaiBaseUrl,
    anthropicBaseUrl: sandbox.anthropicBaseUrl,
    bedrockBaseUrl: sandbox.baseUrls.bedrock,
    notifyEmail: "night@example.com",
    notifyUrl: receiver.url,
    jobDefaults: JSON.stringify({ min_poll_seconds: 1 }),
    providerLimits: JSON.stringify({ openai: { max_requests: 10 }, anthropic: { max_requests: 10 } }),
    ...context,
  });
  webhook.url = functionUrl(outputs.OpenAiWebhookUrl, emulator.env.AWS_ENDPOINT_URL);
  return {
    aws: new Deployment(outputs),
    sandbox,
    webhookUrl: webhook.url,
    receiver,
    env: emulator.env,
    holdBatches() {
      standsAt = Date.now();
      cancelled = false;
    },
    passTime(milliseconds) {
      if (standsAt !== null) standsAt += milliseconds;
    },
    async stop() {
      await sandbox.close();
      await receiver.close();
      await emulator.stop();
    },
  };
}

/** Where the emulator serves a Function URL. */
function functionUrl(url = "", emulator = ""): string {
  const [id] = (URL.parse(url)?.hostname ?? "").split(".");
  return `${emulator}/_aws/lambda-url/${id}/`;
}
