import { ArnFormat, Duration, Names, RemovalPolicy, Stack } from "aws-cdk-lib";
import { EventBus, type IEventBus } from "aws-cdk-lib/aws-events";
import type { IGrantable } from "aws-cdk-lib/aws-iam";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { ProviderName } from "../shared/models.ts";
import { INBOX_PREFIX } from "../shared/names.ts";
import { BedrockRole } from "./access/bedrock-role.ts";
import { ProviderSecrets } from "./access/provider-secrets.ts";
import { requireTenantName, Tenants } from "./access/tenants.ts";
import { Lambdas } from "./lambdas/lambdas.ts";
import { network } from "./lambdas/network.ts";
import { Monitoring } from "./monitoring/monitoring.ts";
import type { JobSettings, NightshiftProps } from "./nightshift-props.ts";
import { Notifications } from "./notifications/notifications.ts";
import { JobBucket } from "./storage/job-bucket.ts";
import { JobTable } from "./storage/job-table.ts";
import { allowServices, type StoragePolicy } from "./storage/storage-policy.ts";
import { BedrockEvents } from "./triggers/bedrock-events.ts";
import { OpenAiWebhooks } from "./triggers/openai-webhooks.ts";
import { SweepTriggers } from "./triggers/sweep-triggers.ts";
import { UploadTrigger } from "./triggers/upload-trigger.ts";
import { Workflow } from "./workflow/workflow.ts";

export type { TenantProps } from "./access/tenants.ts";
export type { JobSettings, NightshiftProps } from "./nightshift-props.ts";

const DEFAULT_PROVIDERS: readonly ProviderName[] = ["openai", "anthropic"];

/**
 * Everything Nightshift needs in an account, to be put into any stack, more than once if need be. It composes only: each construct
 * in it owns its resources.
 */
export class Nightshift extends Construct {
  /** `bucket` in it is the bucket: `bucket.grantPut(role, "inbox/*")`, `bucket.grantRead(role, "results/*")`. */
  readonly jobBucket: JobBucket;
  readonly jobTable: JobTable;
  /** The providers that jobs may use. */
  readonly providers: readonly ProviderName[];
  /** Values of the variables that the providers need, those that the stack makes included. */
  readonly providerVariables: Readonly<Record<string, string>>;
  /** `secrets` in it are the stack's own, by provider. */
  readonly secrets: ProviderSecrets;
  /** `secrets` in it are the tenants' own. */
  readonly tenants: Tenants;
  /** Carries the jobs' events. */
  readonly eventBus: IEventBus;
  readonly lambdas: Lambdas;
  /** `stateMachine` in it runs one execution a job. */
  readonly workflow: Workflow;
  /** Takes OpenAI's webhooks; undefined unless they are turned on. */
  readonly openaiWebhooks: OpenAiWebhooks | undefined;
  /** Where the jobs' events and the alarms go. */
  readonly notifications: Notifications;

  /** @throws Error that names the prop, when one cannot be used: better here than in a Lambda */
  constructor(scope: Construct, id: string, props: NightshiftProps = {}) {
    super(scope, id);
    const { encryptionKey } = props;
    const storage: StoragePolicy = {
      encryptionKey,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
      logRetention: props.logRetention ?? RetentionDays.ONE_MONTH,
    };
    if (encryptionKey) allowServices(encryptionKey);
    // The stack's name, when this is all that is in it; at most 80 characters are allowed for a state machine.
    const name = Names.uniqueResourceName(this, {
      maxLength: 60,
      separator: "-",
      allowedSpecialCharacters: "-",
    });
    const stateMachineArn = Stack.of(this).formatArn({
      service: "states",
      resource: "stateMachine",
      resourceName: name,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });

    const keepIntermediate = props.keepIntermediate ?? Duration.days(30);
    this.jobBucket = new JobBucket(this, "JobBucket", {
      existing: props.bucket,
      keepIntermediate,
      storage,
    });
    this.jobTable = new JobTable(this, "JobTable", storage);
    this.providers = props.providers ?? DEFAULT_PROVIDERS;
    this.secrets = new ProviderSecrets(this, "ProviderSecrets", {
      providers: this.providers,
      prefix: name,
      existing: props.secrets,
      encryptionKey,
    });
    this.tenants = new Tenants(this, "Tenants", {
      prefix: name,
      tenants: props.tenants ?? {},
      encryptionKey,
    });
    this.eventBus =
      props.eventBus ?? new EventBus(this, "Events", encryptionKey && { kmsKey: encryptionKey });
    const lambdaNetwork = network(this, props);
    const settings = props.bucket ? props : withDeadline(props, keepIntermediate);
    const bedrock = this.providers.includes("bedrock")
      ? new BedrockRole(this, "BedrockRole", this.jobBucket.bucket, encryptionKey)
      : undefined;
    this.providerVariables = { ...props.providerVariables, ...bedrock?.variables };
    this.lambdas = new Lambdas(this, "Lambdas", {
      bucket: this.jobBucket,
      table: this.jobTable,
      providers: this.providers,
      secrets: this.secrets,
      tenants: this.tenants,
      name,
      settings: { ...settings, providerVariables: this.providerVariables },
      stateMachineArn,
      storage,
      network: lambdaNetwork,
    });
    this.workflow = new Workflow(this, "Workflow", {
      name,
      lambdas: this.lambdas.functions,
      bus: this.eventBus,
      wakes: props.openaiWebhooks || bedrock ? this.jobTable : undefined,
      storage,
    });
    if (props.openaiWebhooks) {
      this.openaiWebhooks = new OpenAiWebhooks(this, "OpenAiWebhooks", {
        prefix: name,
        table: this.jobTable,
        storage,
        network: lambdaNetwork,
      });
    }
    const bedrockEvents = bedrock
      ? new BedrockEvents(this, "BedrockEvents", { table: this.jobTable, storage, network: lambdaNetwork })
      : undefined;
    this.notifications = new Notifications(this, "Notifications", {
      bus: this.eventBus,
      bucket: this.jobBucket.bucket,
      email: props.notifyEmail ?? [],
      url: props.notifyUrl,
      storage,
      network: lambdaNetwork,
    });
    const { deadLetters } = new UploadTrigger(this, "UploadTrigger", {
      bucket: this.jobBucket.bucket,
      prefix: INBOX_PREFIX,
      stateMachine: this.workflow.stateMachine,
      encryptionKey,
    });
    new SweepTriggers(this, "SweepTriggers", {
      lambda: this.lambdas.functions["sweep-jobs"],
      stateMachine: this.workflow.stateMachine,
    });
    const { webhook } = this.notifications;
    new Monitoring(this, "Monitoring", {
      name,
      providers: this.providers,
      stateMachine: this.workflow.stateMachine,
      lambdas: {
        ...this.lambdas.functions,
        ...(webhook && { "send-webhook": webhook.sender }),
        ...(this.openaiWebhooks && { "receive-webhook": this.openaiWebhooks.lambda }),
        ...(bedrockEvents && { "receive-bedrock-event": bedrockEvents.lambda }),
      },
      lostUploads: deadLetters,
      lostNotifications: webhook?.deadLetters,
      bucket: this.jobBucket.bucket,
      table: this.jobTable.table,
      bus: this.eventBus,
      topic: this.notifications.topic,
      storage,
    });
  }

  /**
   * Lets somebody work as a tenant: upload to its folder, read its jobs' results and records, ask for a job's end. Nothing of others', and
   * nothing in `jobs/`. Any folder will do: it need not be in `tenants`.
   * @throws Error when it cannot be the name of a tenant
   */
  grantTenant(grantee: IGrantable, tenant: string): void {
    this.jobBucket.grantTenant(grantee, requireTenantName(tenant));
    this.jobTable.grantTenant(grantee, tenant);
  }
}

/** Time for a provider's cancel (10 minutes), for collecting, and for restarting a job that failed at its end. */
const BEFORE_EXPIRY = Duration.days(2);

/** Settings under which a job ends before its intermediate objects go: they go by age, whatever needs them. */
function withDeadline(settings: JobSettings, keepIntermediate: Duration): JobSettings {
  const longest = keepIntermediate.toHours() - BEFORE_EXPIRY.toHours();
  if (longest < 24) throw new Error("keepIntermediate: at least 3 days, as a batch takes up to one");
  const { deadline_hours = longest, ...others } = settings.jobDefaults ?? {};
  if (deadline_hours > longest) {
    throw new Error(
      `jobDefaults: deadline_hours: at most ${longest}, two days less than keepIntermediate; give both or neither`,
    );
  }
  return { ...settings, jobDefaults: { ...others, deadline_hours } };
}
