import type { Duration, RemovalPolicy } from "aws-cdk-lib";
import type { ISecurityGroup, IVpc, SubnetSelection } from "aws-cdk-lib/aws-ec2";
import type { IEventBus } from "aws-cdk-lib/aws-events";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { JobSpec, ProviderName } from "../shared/models.ts";
import type { PriceOverrides } from "../shared/money/prices.ts";
import type { LimitOverrides } from "../shared/providers/formats.ts";
import type { TenantProps } from "./access/tenants.ts";

/** How the jobs of one Nightshift are run. */
export interface JobSettings {
  /** Settings of jobs that do not give them. Default: those of `JobSpec`. */
  readonly jobDefaults?: Partial<JobSpec> | undefined;
  /** Smaller batches than a provider takes, or another rate of creating them. */
  readonly providerLimits?: LimitOverrides | undefined;
  /** Real-time prices that the price list lacks or has wrong, in US dollars a million tokens. */
  readonly modelPrices?: PriceOverrides | undefined;
  /** Values of variables that a provider cannot do without: `{ANTHROPIC_AWS_WORKSPACE_ID: "wrkspc_…"}`. `docs/providers.md` lists them. */
  readonly providerVariables?: Readonly<Record<string, string>> | undefined;
  /** Other addresses of providers' APIs, such as a proxy: `{openai: "https://proxy.example/v1"}`. */
  readonly baseUrls?: Partial<Record<ProviderName, string>> | undefined;
}

/** What others may choose who put Nightshift into their own stack. Everything has a default. */
export interface NightshiftProps extends JobSettings {
  /**
   * Your own bucket. It must send its events to EventBridge (`eventBridgeEnabled: true`). Nightshift uses `inbox/`, `jobs/`
   * and `results/` in it, and leaves its lifecycle rules to you. Default: one is made.
   */
  readonly bucket?: IBucket | undefined;
  /**
   * A customer-managed key for everything at rest that is made here: objects, records, secrets, dead letters, events, mails,
   * logs, the Lambdas' environment. An imported key's own policy must allow what `docs/security.md` lists. Default: the
   * services' own keys.
   */
  readonly encryptionKey?: IKey | undefined;
  /** Your own bus for the jobs' events. Default: one is made. */
  readonly eventBus?: IEventBus | undefined;
  /** The VPC in which the Lambdas run; they need a way to AWS and to the providers. Default: none. */
  readonly vpc?: IVpc | undefined;
  /** The subnets of `vpc`. Default: its private ones. */
  readonly vpcSubnets?: SubnetSelection | undefined;
  /** Security groups in `vpc`. Default: one that lets out HTTPS on port 443, and nothing in. */
  readonly securityGroups?: ISecurityGroup[] | undefined;
  /** The providers that jobs may use. The Lambdas carry the code of these alone. Default: `openai` and `anthropic`. */
  readonly providers?: readonly ProviderName[] | undefined;
  /** Secrets that are there already, each with an API key alone as its text. Default: one is made for each provider. */
  readonly secrets?: Partial<Record<ProviderName, ISecret>> | undefined;
  /**
   * Whether OpenAI's webhooks wake a job as soon as one of its batches has ended: `docs/operations.md` says how to register them.
   * It makes a public address, and keeps ten of the account's Lambda runs for it. Polling goes on. Default: false.
   */
  readonly openaiWebhooks?: boolean | undefined;
  /**
   * Tenants, which may have keys, defaults and caps of their own, by name: the first folder under `inbox/`. Where there is one, an upload to
   * another folder is refused. Default: none; folders are then run alike, and roles can be told apart all the same: `grantTenant`.
   */
  readonly tenants?: Readonly<Record<string, TenantProps>> | undefined;
  /** Addresses that get a mail at the end of each job, and of each alarm. SNS asks each for its consent. Default: none. */
  readonly notifyEmail?: readonly string[] | undefined;
  /** An HTTPS address that gets each event of a job, signed: `docs/events.md`. Default: none. */
  readonly notifyUrl?: string | undefined;
  /** What becomes of bucket and table when the stack goes; `DESTROY` empties the bucket first. Default: `RETAIN`. */
  readonly removalPolicy?: RemovalPolicy.RETAIN | RemovalPolicy.DESTROY | undefined;
  /**
   * How long intermediate objects (`jobs/`) are kept in the bucket that is made, by their own age; uploads and results stay. A running job needs
   * them, so it is given a deadline (`deadline_hours`) two days before, unless it has one. Default: 30 days, which ten rounds of 24 hours need
   * thrice over; at least 3 days.
   */
  readonly keepIntermediate?: Duration | undefined;
  /** How long logs are kept. They hold no content of jobs. Default: a month. */
  readonly logRetention?: RetentionDays | undefined;
}
