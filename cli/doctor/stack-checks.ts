/** A deployed stack, as its user may see it. */
import type { Stack } from "@aws-sdk/client-cloudformation";
import { messageOf } from "../../shared/errors.ts";
import { ProviderName } from "../../shared/models.ts";
import { readSecretKey } from "../../shared/providers/keys.ts";
import { outputOf, PROFILES, secretOutput } from "../../shared/providers/list.ts";
import { readSigningSecret } from "../../shared/secrets/webhook-signing-secret.ts";
import { type DescribedStack, describeStack } from "../backend/stack-outputs.ts";
import { accessChecks } from "./access-checks.ts";
import type { Check } from "./check.ts";
import { keyChecks } from "./key-checks.ts";
import { isDenied, resourceChecks } from "./resource-checks.ts";

const OUTPUTS = ["BucketName", "TableName", "StateMachineArn", "EventBusName"];

/** Checks a stack; without the stack itself nothing more is checked. */
export async function* stackChecks(
  name: string,
  asked: ProviderName | undefined,
  model?: string,
): AsyncGenerator<Check> {
  let found: DescribedStack;
  try {
    found = await describeStack(name);
  } catch (error) {
    yield { name: "stack", outcome: "wrong", what: messageOf(error) };
    return;
  }
  const { stack, region, outputs } = found;
  yield stateCheck(stack, region);
  yield outputsCheck(outputs);
  yield* resourceChecks(name, outputs);
  yield* await secretChecks(outputs, asked);
  yield* awsProviderChecks(outputs, region, { asked, model });
  yield* tenantChecks(outputs);
  const signingSecret = outputs.get("OpenAiWebhookSecretName");
  if (signingSecret) yield await webhookCheck(signingSecret);
}

/** CloudFormation's states: which of them leave a stack that works. */
function stateCheck({ StackStatus }: Stack, region: string): Check {
  const status: string = StackStatus ?? "";
  const found = { name: "stack", what: `${status} in ${region}` };
  if (status === "UPDATE_ROLLBACK_COMPLETE") {
    const fix =
      "The last deployment was rolled back; the one before it works. Check the stack's events, and deploy again.";
    return { ...found, outcome: "warning", fix };
  }
  if (status.endsWith("_IN_PROGRESS"))
    return { ...found, outcome: "warning", fix: "Run doctor again when the deployment has ended." };
  if (/^(CREATE|UPDATE|IMPORT)_COMPLETE$/.test(status)) return { ...found, outcome: "ok" };
  return {
    ...found,
    outcome: "wrong",
    fix: "Check the stack's events in CloudFormation, then: npx cdk deploy",
  };
}

function outputsCheck(outputs: Map<string, string>): Check {
  const missing = OUTPUTS.filter((key) => !outputs.get(key));
  if (missing.length === 0) return { name: "outputs", outcome: "ok", what: "complete" };
  return {
    name: "outputs",
    outcome: "wrong",
    what: `there is no ${missing.join(", ")}`,
    fix: "It is another stack, or one of an older version: npx cdk deploy",
  };
}

/** The keys of the providers that the stack has, or of the one that is asked for. */
async function secretChecks(outputs: Map<string, string>, asked: ProviderName | undefined): Promise<Check[]> {
  const secretOf = (name: ProviderName) => outputs.get(secretOutput(name)) ?? "";
  const present = ProviderName.options.filter((name) => secretOf(name) !== "");
  if (asked && PROFILES[asked].aws) return [];
  if (asked && !present.includes(asked)) return [notInStack(asked)];
  const { checks } = await keyChecks(asked ? [asked] : present, {
    read: (name) => readSecretKey(secretOf(name), name),
    isDenied: isUnreadable,
    fix: (name) =>
      `Set it: aws secretsmanager put-secret-value --secret-id ${secretOf(name)} --secret-string YOUR_KEY`,
  });
  return checks;
}

function notInStack(name: ProviderName): Check {
  const { title, aws } = PROFILES[name];
  const what = aws ? `the stack is not deployed with ${title}` : `the stack has no secret for ${title}`;
  const fix = `Deploy it with this provider: npx cdk deploy -c providers=…,${name}`;
  return { name: aws ? title : `${title} key`, outcome: "wrong", what, fix };
}

/** Providers of the stack that know it by AWS credentials: this user's stand in for those of the Lambdas. */
async function* awsProviderChecks(
  outputs: Map<string, string>,
  region: string,
  { asked, model }: { asked: ProviderName | undefined; model: string | undefined },
): AsyncGenerator<Check> {
  for (const name of ProviderName.options) {
    const { aws, title, variables } = PROFILES[name];
    if (!aws || (asked && asked !== name)) continue;
    const values = Object.keys(variables.needed).map((variable) => [
      variable,
      outputs.get(outputOf(variable)),
    ]);
    if (values.some(([, value]) => !value)) {
      if (asked) yield notInStack(name);
      continue;
    }
    Object.assign(process.env, Object.fromEntries(values), { AWS_REGION: region });
    for (const check of await accessChecks(name, asked ? model : undefined)) {
      // The stack's own permissions are not this user's.
      if (check.outcome === "wrong" && /refused access|\(403\)/.test(check.what))
        yield { ...check, outcome: "warning", fix: `Ask somebody who may use ${title} here.` };
      else yield check;
    }
  }
}

/** The provider in the name of an output of a tenant's key: CloudFormation leaves every `-` out of it. */
function tenantProvider(output: string): ProviderName | undefined {
  if (!output.startsWith("Tenant")) return undefined;
  const longestFirst = [...ProviderName.options].sort((a, b) => b.length - a.length);
  return longestFirst.find((name) => output.endsWith(`${name.replaceAll("-", "")}SecretName`));
}

/** The keys of tenants that have some of their own: without one, the tenant's jobs fail. */
async function* tenantChecks(outputs: Map<string, string>): AsyncGenerator<Check> {
  for (const [output, secretId] of outputs) {
    const provider = tenantProvider(output);
    if (provider) yield secretCheck("tenant's key", secretId, (id) => readSecretKey(id, provider));
  }
}

/** Webhooks that are turned on, but of which none can be verified, wake nobody: jobs then wait by the clock. */
async function webhookCheck(secretId: string): Promise<Check> {
  const check = await secretCheck("OpenAI webhooks", secretId, readSigningSecret);
  if (check.outcome !== "wrong") return check;
  return { ...check, fix: "Register the stack's address: nightshift webhooks --stack NAME" };
}

/** Whether a secret holds what it should. `read` throws an error that says what to do when it does not. */
async function secretCheck(
  name: string,
  secretId: string,
  read: (secretId: string) => Promise<string>,
): Promise<Check> {
  try {
    await read(secretId);
    return { name, outcome: "ok", what: `${secretId} is set` };
  } catch (error) {
    const what = messageOf(error);
    return isUnreadable(error)
      ? { name, outcome: "warning", what, fix: "Ask somebody who may read it whether it is set." }
      : { name, outcome: "wrong", what };
  }
}

/** Whether an error means only that this user may not read a secret. */
const isUnreadable = (error: unknown) => isDenied(error) || isDenied((error as Error | undefined)?.cause);
