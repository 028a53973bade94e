import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import { ManagedPolicy } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { outputOf, secretOutput } from "../shared/providers/list.ts";
import { Nightshift } from "./nightshift.ts";
import { propsFromContext } from "./settings.ts";

/** A stack with Nightshift alone, as `npx cdk deploy` deploys it. */
export class NightshiftStack extends Stack {
  readonly nightshift: Nightshift;

  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    // CDK leaves the id `Default` out of names: they are what they would be without the construct.
    this.nightshift = new Nightshift(this, "Default", propsFromContext(this.node));
    const { jobBucket, jobTable, secrets, eventBus, workflow, openaiWebhooks, notifications } =
      this.nightshift;
    const { topic, webhook } = notifications;
    new CfnOutput(this, "BucketName", { value: jobBucket.bucket.bucketName });
    new CfnOutput(this, "TableName", { value: jobTable.table.tableName });
    new CfnOutput(this, "StateMachineArn", { value: workflow.stateMachine.stateMachineArn });
    new CfnOutput(this, "EventBusName", { value: eventBus.eventBusName });
    for (const [provider, { name }] of secrets.secrets)
      new CfnOutput(this, secretOutput(provider), { value: name });
    for (const [variable, value] of Object.entries(this.nightshift.providerVariables))
      new CfnOutput(this, outputOf(variable), { value });
    if (openaiWebhooks) {
      new CfnOutput(this, "OpenAiWebhookUrl", { value: openaiWebhooks.url.url });
      new CfnOutput(this, "OpenAiWebhookSecretName", { value: openaiWebhooks.signingSecret.name });
    }
    if (topic) new CfnOutput(this, "NotificationTopicArn", { value: topic.topicArn });
    if (webhook) new CfnOutput(this, "WebhookSecretArn", { value: webhook.secret.secretArn });
    for (const tenant of Object.keys(this.nightshift.tenants.secrets)) this.tenantOutputs(tenant);
  }

  /** What people need to set a tenant up: a policy for its role, and where its keys go. */
  private tenantOutputs(tenant: string): void {
    const description = `Nightshift: what the tenant ${tenant} may do`;
    const policy = new ManagedPolicy(this, `Tenant-${tenant}-Policy`, { description });
    this.nightshift.grantTenant(policy, tenant);
    new CfnOutput(this, `Tenant-${tenant}-PolicyArn`, { value: policy.managedPolicyArn });
    for (const [provider, { name }] of Object.entries(this.nightshift.tenants.secrets[tenant] ?? {}))
      new CfnOutput(this, `Tenant-${tenant}-${provider}-SecretName`, { value: name });
  }
}
