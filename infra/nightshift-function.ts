import { join } from "node:path";
import { Duration, RemovalPolicy, Size } from "aws-cdk-lib";
import { Architecture, Runtime } from "aws-cdk-lib/aws-lambda";
import { NodejsFunction, OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { NODE_OPTIONS } from "./node-options.ts";

const ROOT = join(import.meta.dirname, "..");

/** How one Lambda differs from the others. */
export interface NightshiftFunctionProps {
  /** Its folder, which has a `handler.ts`, from the project's root. */
  folder: string;
  timeoutMinutes: number;
  diskMiB?: number | undefined;
  environment: Record<string, string>;
}

/** A Lambda of Nightshift: bundled by the local esbuild, so that neither Docker nor a network is needed. */
export class NightshiftFunction extends NodejsFunction {
  /** Its folder, from the project's root. */
  readonly folder: string;
  /** Its timeout. */
  readonly longest: Duration;

  constructor(scope: Construct, id: string, props: NightshiftFunctionProps) {
    const longest = Duration.minutes(props.timeoutMinutes);
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
      environment: { NODE_OPTIONS, ...props.environment },
      awsSdkConnectionReuse: false,
      bundling: {
        // Pinned versions, and emulators have no SDK in their runtime.
        bundleAwsSDK: true,
        format: OutputFormat.CJS,
        target: "node24",
        minify: true,
      },
      logGroup: new LogGroup(scope, `${id}-logs`, {
        retention: RetentionDays.ONE_MONTH,
        // Logs hold no content of jobs: nothing worth keeping after the stack.
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    });
    this.folder = props.folder;
    this.longest = longest;
  }
}
