/** What CloudFormation says of a deployed stack. */
import { CloudFormationClient, DescribeStacksCommand, type Stack } from "@aws-sdk/client-cloudformation";
import { AWS_CLIENT } from "../../shared/aws-client.ts";
import { messageOf } from "../../shared/errors.ts";

const NEEDED = ["BucketName", "TableName", "StateMachineArn"] as const;
export type StackOutputs = Record<(typeof NEEDED)[number], string>;

/**
 * Reads the outputs of a stack.
 * @throws Error that says what to do: there is no such stack, it is none of ours, or AWS cannot be asked
 */
export async function readStack(name: string): Promise<StackOutputs> {
  const { stack, region, outputs } = await describeStack(name);
  const missing = NEEDED.filter((key) => !outputs.get(key));
  if (missing.length > 0) {
    throw new Error(
      `the stack ${name} in ${region} (${stack.StackStatus}) has no output ${missing.join(", ")}: it is no stack of Nightshift, or its deployment did not end well; deploy it with: npx cdk deploy`,
    );
  }
  return Object.fromEntries(NEEDED.map((key) => [key, outputs.get(key)])) as StackOutputs;
}

/** A stack as CloudFormation describes it, its region, and its outputs by name. */
export interface DescribedStack {
  stack: Stack;
  region: string;
  outputs: Map<string, string>;
}

/**
 * The stack of a name, in the region that is set.
 * @throws Error that says what to do, when there is no such stack or AWS cannot be asked
 */
export async function describeStack(name: string): Promise<DescribedStack> {
  const client = new CloudFormationClient(AWS_CLIENT);
  const region = await client.config.region().catch(() => {
    throw new Error("no AWS region: set AWS_REGION, or a region in your AWS profile");
  });
  try {
    const answer = await client.send(new DescribeStacksCommand({ StackName: name }));
    const stack = answer.Stacks?.[0];
    if (!stack) throw new Error(`there is no stack ${name} in ${region}`);
    const outputs = stack.Outputs?.map(
      ({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue] as const,
    );
    return { stack, region, outputs: new Map(outputs) };
  } catch (error) {
    throw new Error(reason(error, name, region), { cause: error });
  } finally {
    client.destroy();
  }
}

function reason(error: unknown, name: string, region: string): string {
  const message = messageOf(error);
  const type = error instanceof Error ? error.name : "";
  if (type === "CredentialsProviderError")
    return `no AWS credentials: log in (aws sso login), set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (${message})`;
  if (/does not exist|there is no stack/.test(message))
    return `there is no stack ${name} in ${region}; check its name and AWS_REGION, or deploy it with: npx cdk deploy`;
  return `cannot read the stack ${name} in ${region} from AWS: ${message || type}`;
}
