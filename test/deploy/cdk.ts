import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** Outputs of the deployed stack. */
export interface StackOutputs {
  BucketName: string;
  TableName: string;
  StateMachineArn: string;
  EventBusName: string;
  OpenAiSecretName: string;
  AnthropicSecretName: string;
  NotificationTopicArn: string;
  WebhookSecretArn: string;
  /** With `openaiWebhooks` only, as the next. */
  OpenAiWebhookUrl?: string;
  OpenAiWebhookSecretName?: string;
  /** With a tenant `acme` only, as the next. */
  TenantacmePolicyArn?: string;
  TenantacmeopenaiSecretName?: string;
}

/** Bootstraps the account that the environment points to, and deploys the stack as a user would. */
export async function deploy(
  env: Record<string, string>,
  context: Record<string, string>,
): Promise<StackOutputs> {
  const dir = mkdtempSync(join(tmpdir(), "nightshift-deploy-"));
  const outputs = join(dir, "outputs.json");
  const settings = Object.entries(context).flatMap(([key, value]) => ["--context", `${key}=${value}`]);
  const common = [...settings, "--output", join(dir, "cdk.out"), "--no-notices", "--ci"];
  try {
    await cdk(env, ["bootstrap", ...common]);
    await cdk(env, [
      "deploy",
      "Nightshift",
      "--require-approval",
      "never",
      "--outputs-file",
      outputs,
      ...common,
    ]);
    return (JSON.parse(readFileSync(outputs, "utf8")) as { Nightshift: StackOutputs }).Nightshift;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Runs the CDK's command. @throws Error with all it printed, when it fails. */
function cdk(env: Record<string, string>, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(ROOT, "node_modules/aws-cdk/bin/cdk"), ...args], {
      cwd: ROOT,
      env,
    });
    let printed = "";
    const keep = (chunk: Buffer) => {
      printed += chunk.toString();
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`cdk ${args[0]} ended with code ${code}:\n${printed}`));
    });
  });
}
