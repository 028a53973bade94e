/** `nightshift webhooks`: registers a stack's address at OpenAI, and puts what OpenAI signs with into the stack. */
import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import OpenAI from "openai";
import type { WebhookEndpoint } from "openai/resources/webhooks";
import { AWS_CLIENT } from "../../shared/aws-client.ts";
import { readSecretKey } from "../../shared/providers/keys.ts";
import { PROFILES, secretOutput } from "../../shared/providers/list.ts";
import { readSigningSecret } from "../../shared/secrets/webhook-signing-secret.ts";
import { describeStack } from "../backend/stack-outputs.ts";
import type { DeclareCommand } from "../command.ts";
import { EXIT, UsageError } from "../exit-codes.ts";
import { envFromOption, stackOption } from "../options.ts";
import { print } from "../output/safe-text.ts";

const EVENTS = ["batch.completed", "batch.failed", "batch.expired", "batch.cancelled"] as const;

const AFTER_HELP = `
The stack must be deployed with -c openaiWebhooks=true, and hold an OpenAI key of the project whose batches it runs. The command
reads that key with your AWS credentials, and stores the signing secret. Running it again changes nothing, unless the stack has
no secret: then a new one is made.

Exit codes: 0 done, 1 AWS or OpenAI cannot be used, 2 the command line is wrong.

Examples:
  $ nightshift webhooks --stack Nightshift
  $ nightshift webhooks --stack Nightshift --remove`;

interface WebhooksFlags {
  stack?: string;
  remove?: boolean;
}

export const declareWebhooks: DeclareCommand = (bare, end) => {
  bare
    .addHelpText("after", AFTER_HELP)
    .addOption(stackOption())
    .option("--remove", "take the address out at OpenAI: before the stack is destroyed");
  envFromOption(bare);
  bare.action(async (flags: WebhooksFlags) => end(await webhooks(flags)));
};

async function webhooks({ stack: name, remove }: WebhooksFlags): Promise<number> {
  if (name === undefined)
    throw new UsageError("--stack is missing: only a stack has an address for webhooks");
  const { outputs } = await describeStack(name);
  const [url, secretId, keyId] = ["OpenAiWebhookUrl", "OpenAiWebhookSecretName", secretOutput("openai")].map(
    (output) => outputs.get(output),
  );
  if (!url || !secretId || !keyId)
    throw new Error(`the stack ${name} takes no webhooks of OpenAI: deploy it with -c openaiWebhooks=true`);
  const { variables, base_url } = PROFILES.openai;
  const baseURL = process.env[variables.url]?.trim() || base_url;
  const client = new OpenAI({ apiKey: await readSecretKey(keyId, "openai"), baseURL });
  const known = await endpointOf(client, url);
  if (remove) {
    if (known) await client.webhooks.delete(known.id);
    print(known ? `OpenAI no longer calls ${url}` : `OpenAI does not know ${url}`);
    return EXIT.ok;
  }
  const isSet = await readSigningSecret(secretId).then(
    () => true,
    () => false,
  );
  if (known && isSet) {
    print(`OpenAI calls ${url}, and ${secretId} is set: nothing to do`);
    return EXIT.ok;
  }
  // OpenAI returns the secret once: a lost one is made anew.
  const { signing_secret } = known
    ? await client.webhooks.rotateSecret(known.id)
    : await client.webhooks.create({ name: `nightshift ${name}`, url, event_types: [...EVENTS] });
  const put = new PutSecretValueCommand({ SecretId: secretId, SecretString: signing_secret });
  await new SecretsManagerClient(AWS_CLIENT).send(put);
  print(`OpenAI calls ${url} from now on; its signing secret is in ${secretId}`);
  return EXIT.ok;
}

async function endpointOf(client: OpenAI, url: string): Promise<WebhookEndpoint | undefined> {
  for await (const endpoint of client.webhooks.list()) if (endpoint.url === url) return endpoint;
  return undefined;
}
