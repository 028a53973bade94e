import { Duration, Size, Validations } from "aws-cdk-lib";
import { ManagedPolicy, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Function as LambdaFunction, Runtime, Tracing } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { explainWildcards } from "../access/wildcards.ts";
import { logGroup, type StoragePolicy } from "../storage/storage-policy.ts";
import { type LambdaCodeProps, lambdaCode } from "./lambda-code.ts";
import type { Network } from "./network.ts";
import { PROCESS_ENVIRONMENT } from "./node-options.ts";

export interface NightshiftFunctionProps extends LambdaCodeProps {
  timeoutMinutes: number;
  diskMiB?: number | undefined;
  /** How many runs there may be at once; as many of the account's are kept for it. Default: what the account has left. */
  concurrency?: number | undefined;
  environment: Record<string, string>;
  storage: StoragePolicy;
  network: Network | undefined;
}

export class NightshiftFunction extends LambdaFunction {
  /** Its folder, from the project's root. */
  readonly folder: string;
  readonly longest: Duration;
  /** Environment variables that are kept with its code. */
  readonly settings: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: NightshiftFunctionProps) {
    const longest = Duration.minutes(props.timeoutMinutes);
    const logs = logGroup(scope, `${id}-logs`, props.storage);
    super(scope, id, {
      description: `Nightshift: ${id}`,
      code: lambdaCode(scope, props),
      handler: "index.handler",
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      // Memory does not grow with the input (an invariant), and these Lambdas mostly wait for the network.
      memorySize: 512,
      timeout: longest,
      ephemeralStorageSize: props.diskMiB === undefined ? undefined : Size.mebibytes(props.diskMiB),
      ...(props.concurrency && { reservedConcurrentExecutions: props.concurrency }),
      environment: { ...PROCESS_ENVIRONMENT, ...props.environment },
      tracing: Tracing.ACTIVE,
      logGroup: logs,
      role: roleOf(scope, `${id}-role`, props.network !== undefined),
      ...(props.storage.encryptionKey && { environmentEncryption: props.storage.encryptionKey }),
      ...props.network,
    });
    logs.grants.write(this);
    explainWildcards(this.role ?? this, ["*"], "X-Ray's traces, whose actions take no resource");
    this.folder = props.folder;
    this.longest = longest;
    this.settings = props.settings ?? {};
  }
}

/** A role without CDK's managed policy, which would let the Lambda write to any log group of the account. */
function roleOf(scope: Construct, id: string, inVpc: boolean): Role {
  const role = new Role(scope, id, { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
  if (inVpc) {
    const name = "service-role/AWSLambdaENIManagementAccess";
    role.addManagedPolicy(ManagedPolicy.fromAwsManagedPolicyName(name));
    Validations.of(role).acknowledge({
      id: `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${name}]`,
      reason: "Lambda's own policy for network interfaces, whose actions take no resource",
    });
  }
  return role;
}
