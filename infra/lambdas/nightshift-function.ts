import { join } from "node:path";
import { Duration, Size, Validations } from "aws-cdk-lib";
import { ManagedPolicy, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Runtime, Tracing } from "aws-cdk-lib/aws-lambda";
import { NodejsFunction, OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";
import type { Construct } from "constructs";
import type { ProviderName } from "../../shared/models.ts";
import { PROFILES } from "../../shared/providers/list.ts";
import { explainWildcards } from "../access/wildcards.ts";
import { logGroup, type StoragePolicy } from "../storage/storage-policy.ts";
import type { Network } from "./network.ts";
import { NODE_OPTIONS } from "./node-options.ts";

const ROOT = join(import.meta.dirname, "../..");

/** How one Lambda differs from the others. */
export interface NightshiftFunctionProps {
  /** Its folder, which has a `handler.ts`, from the project's root. */
  folder: string;
  timeoutMinutes: number;
  diskMiB?: number | undefined;
  /** How many runs there may be at once; as many of the account's are kept for it. Default: what the account has left. */
  concurrency?: number | undefined;
  /** The providers whose code it carries, where it calls any. Default: none. */
  providers?: readonly ProviderName[] | undefined;
  environment: Record<string, string>;
  storage: StoragePolicy;
  network: Network | undefined;
}

/** A Lambda of Nightshift: bundled by the local esbuild, so that neither Docker nor a network is needed. */
export class NightshiftFunction extends NodejsFunction {
  /** Its folder, from the project's root. */
  readonly folder: string;
  /** Its timeout. */
  readonly longest: Duration;

  constructor(scope: Construct, id: string, props: NightshiftFunctionProps) {
    const longest = Duration.minutes(props.timeoutMinutes);
    const logs = logGroup(scope, `${id}-logs`, props.storage);
    super(scope, id, {
      description: `Nightshift: ${id}`,
      entry: join(ROOT, props.folder, "handler.ts"),
      depsLockFilePath: join(ROOT, "package-lock.json"),
      projectRoot: ROOT,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      // Memory does not grow with the input (an invariant), and these Lambdas mostly wait for the network.
      memorySize: 512,
      timeout: longest,
      ephemeralStorageSize: props.diskMiB === undefined ? undefined : Size.mebibytes(props.diskMiB),
      ...(props.concurrency && { reservedConcurrentExecutions: props.concurrency }),
      environment: { NODE_OPTIONS, ...props.environment },
      awsSdkConnectionReuse: false,
      bundling: {
        // Pinned versions, and emulators have no SDK in their runtime.
        bundleAwsSDK: true,
        format: OutputFormat.CJS,
        target: "node24",
        minify: true,
        externalModules: unusedProtocols(props.providers ?? []),
      },
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
  }
}

/** The modules of protocols that no provider of the stack speaks. They import SDKs, and are loaded only when they are used. */
function unusedProtocols(providers: readonly ProviderName[]): string[] {
  const used = new Set(providers.map((name) => PROFILES[name].protocol));
  const all = new Set(Object.values(PROFILES).map(({ protocol }) => protocol));
  return [...all].filter((protocol) => !used.has(protocol)).map((protocol) => `*/${protocol}/provider.ts`);
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
