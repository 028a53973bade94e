import { CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import type { Construct } from "constructs";
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
    new CfnOutput(this, "OpenAiSecretName", { value: secrets.openai.name });
    new CfnOutput(this, "AnthropicSecretName", { value: secrets.anthropic.name });
    if (openaiWebhooks) {
      new CfnOutput(this, "OpenAiWebhookUrl", { value: openaiWebhooks.url.url });
      new CfnOutput(this, "OpenAiWebhookSecretName", { value: openaiWebhooks.signingSecret.name });
    }
    if (topic) new CfnOutput(this, "NotificationTopicArn", { value: topic.topicArn });
    if (webhook) new CfnOutput(this, "WebhookSecretArn", { value: webhook.secret.secretArn });
  }
}
