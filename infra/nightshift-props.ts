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

/** How a stack runs its jobs. */
export interface JobSettings {
  /** Settings for jobs that do not give them. Default: those of `JobSpec`. */
  readonly jobDefaults?: Partial<JobSpec> | undefined;
  /** Limits that replace a provider's own (`docs/providers.md`): smaller batches, or another rate of creates. Default: the provider's. */
  readonly providerLimits?: LimitOverrides | undefined;
  /** Real-time prices in US dollars per million tokens, for models that the price list lacks or has wrong. */
  readonly modelPrices?: PriceOverrides | undefined;
  /** Variables that a provider needs: `{ANTHROPIC_AWS_WORKSPACE_ID: "wrkspc_…"}`. `docs/providers.md` lists them. */
  readonly providerVariables?: Readonly<Record<string, string>> | undefined;
  /** Other addresses of providers' APIs, such as a proxy: `{openai: "https://proxy.example/v1"}`. */
  readonly baseUrls?: Partial<Record<ProviderName, string>> | undefined;
}

/** Properties of the construct `Nightshift`. Each is optional. */
export interface NightshiftProps extends JobSettings {
  /**
   * Your own bucket. It must send its events to EventBridge (`eventBridgeEnabled: true`). Nightshift uses `inbox/`, `jobs/`
   * and `results/` in it, and leaves its lifecycle rules to you. Default: a new bucket.
   */
  readonly bucket?: IBucket | undefined;
  /**
   * A customer-managed key for all data at rest in this stack: objects, records, secrets, dead letters, events, mails,
   * logs, the Lambdas' environment. The policy of an imported key must allow what `docs/security.md` lists. Default: the
   * services' own keys.
   */
  readonly encryptionKey?: IKey | undefined;
  /** Your own bus for the jobs' events (`docs/events.md`). Default: a new bus. */
  readonly eventBus?: IEventBus | undefined;
  /** The VPC in which the Lambdas run. It must route to AWS and to the providers. Default: none. */
  readonly vpc?: IVpc | undefined;
  /** The subnets of `vpc`. Default: its private ones. */
  readonly vpcSubnets?: SubnetSelection | undefined;
  /** Security groups in `vpc`. Default: one that allows outgoing HTTPS (port 443) alone. */
  readonly securityGroups?: ISecurityGroup[] | undefined;
  /** The providers that jobs may use. The Lambdas contain only their code. Default: `openai` and `anthropic`. */
  readonly providers?: readonly ProviderName[] | undefined;
  /** Existing secrets, by provider. The text of each is the API key and nothing else. Default: a new secret for each provider. */
  readonly secrets?: Partial<Record<ProviderName, ISecret>> | undefined;
  /**
   * Whether OpenAI's webhooks wake a job as soon as one of its batches has ended: `docs/operations.md` says how to register them.
   * This adds a public address, and reserves ten of the account's concurrent Lambda runs for it. Polling continues. Default: false.
   */
  readonly openaiWebhooks?: boolean | undefined;
  /**
   * Tenants by name, which is the first folder under `inbox/`. Each may have keys, defaults and caps of its own. With one or
   * more tenants, an upload to any other folder is rejected. Default: none. All folders are then treated alike, and
   * `grantTenant` can still give a role access to one of them.
   */
  readonly tenants?: Readonly<Record<string, TenantProps>> | undefined;
  /** Addresses that get a mail for each job that ends and for each alarm. SNS asks each for its consent. Default: none. */
  readonly notifyEmail?: readonly string[] | undefined;
  /** An HTTPS URL that receives each event of a job, signed: `docs/events.md`. Default: none. */
  readonly notifyUrl?: string | undefined;
  /** Whether bucket and table are kept when the stack is deleted. `DESTROY` empties the bucket first. Default: `RETAIN`. */
  readonly removalPolicy?: RemovalPolicy.RETAIN | RemovalPolicy.DESTROY | undefined;
  /**
   * The age at which intermediate objects (`jobs/`) expire in the stack's own bucket; uploads and results stay. A running job
   * needs them. So a job without a deadline gets one (`deadline_hours`), two days before they expire. At least 3 days.
   * Default: 30 days, three times what ten rounds (the most) of 24 hours take.
   */
  readonly keepIntermediate?: Duration | undefined;
  /** How long logs are kept. They contain no prompts, answers or keys. Default: one month. */
  readonly logRetention?: RetentionDays | undefined;
}
