import { ArnFormat, CfnOutput, Stack, type StackProps } from "aws-cdk-lib";
import { EventBus } from "aws-cdk-lib/aws-events";
import type { Construct } from "constructs";
import { INBOX_PREFIX } from "../shared/names.ts";
import { JobBucket } from "./job-bucket.ts";
import { JobTable } from "./job-table.ts";
import { Lambdas } from "./lambdas.ts";
import { ProviderSecrets } from "./provider-secrets.ts";
import { readSettings } from "./settings.ts";
import { SweepTriggers } from "./sweep-triggers.ts";
import { UploadTrigger } from "./upload-trigger.ts";
import { Workflow } from "./workflow.ts";

/** Everything Nightshift needs in an account. It composes only: each construct owns its resources. */
export class NightshiftStack extends Stack {
  readonly lambdas: Lambdas;
  readonly workflow: Workflow;

  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const settings = readSettings(this.node);

    const bucket = new JobBucket(this, "JobBucket", { destroy: settings.destroy });
    const table = new JobTable(this, "JobTable", { destroy: settings.destroy });
    const secrets = new ProviderSecrets(this, "ProviderSecrets");
    const bus = new EventBus(this, "Events");
    const stateMachineArn = this.formatArn({
      service: "states",
      resource: "stateMachine",
      resourceName: this.stackName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    this.lambdas = new Lambdas(this, "Lambdas", { bucket, table, secrets, settings, stateMachineArn });
    this.workflow = new Workflow(this, "Workflow", {
      name: this.stackName,
      lambdas: this.lambdas.functions,
      bus,
    });
    new UploadTrigger(this, "UploadTrigger", {
      bucket: bucket.bucket,
      prefix: INBOX_PREFIX,
      stateMachine: this.workflow.stateMachine,
    });

    new SweepTriggers(this, "SweepTriggers", {
      lambda: this.lambdas.functions["sweep-jobs"],
      stateMachine: this.workflow.stateMachine,
    });

    new CfnOutput(this, "BucketName", { value: bucket.bucket.bucketName });
    new CfnOutput(this, "TableName", { value: table.table.tableName });
    new CfnOutput(this, "StateMachineArn", { value: this.workflow.stateMachine.stateMachineArn });
    new CfnOutput(this, "EventBusName", { value: bus.eventBusName });
    new CfnOutput(this, "OpenAiSecretName", { value: secrets.openai.name });
    new CfnOutput(this, "AnthropicSecretName", { value: secrets.anthropic.name });
  }
}
