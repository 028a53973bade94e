import { Duration } from "aws-cdk-lib";
import { Match, Rule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { Construct } from "constructs";
import { ENV } from "../../shared/names.ts";
import type { Network } from "../lambdas/network.ts";
import { NightshiftFunction } from "../lambdas/nightshift-function.ts";
import type { JobTable } from "../storage/job-table.ts";
import type { StoragePolicy } from "../storage/storage-policy.ts";
import { grantTaskEnds } from "./task-ends.ts";

export interface BedrockEventsProps {
  table: JobTable;
  storage: StoragePolicy;
  network: Network | undefined;
}

/** Bedrock's events of ended jobs, and the Lambda that wakes the waiting execution. Polling continues: the events are best effort. */
export class BedrockEvents extends Construct {
  readonly lambda: NightshiftFunction;

  constructor(scope: Construct, id: string, { table, storage, network }: BedrockEventsProps) {
    super(scope, id);
    this.lambda = new NightshiftFunction(this, "receive-bedrock-event", {
      folder: "functions/receive-bedrock-event",
      timeoutMinutes: 1,
      environment: { [ENV.table]: table.table.tableName },
      storage,
      network,
    });
    table.grantWakes(this.lambda);
    grantTaskEnds(this.lambda);
    new Rule(this, "JobEnded", {
      description: "Nightshift: wakes the execution that waits for a Bedrock job",
      eventPattern: {
        source: ["aws.bedrock"],
        detailType: ["Batch Inference Job State Change"],
        detail: {
          batchJobName: Match.prefix("nightshift-"),
          status: ["Completed", "PartiallyCompleted", "Failed", "Stopped", "Expired"],
        },
      },
      targets: [new LambdaFunction(this.lambda, { maxEventAge: Duration.hours(1), retryAttempts: 2 })],
    });
  }
}
