import { Duration } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { IStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";

export interface SweepTriggersProps {
  lambda: IFunction;
  stateMachine: IStateMachine;
}

/**
 * Runs the sweep when an execution ended badly, and every hour. An event may be lost, or arrive before the execution's
 * state can be read.
 */
export class SweepTriggers extends Construct {
  constructor(scope: Construct, id: string, { lambda, stateMachine }: SweepTriggersProps) {
    super(scope, id);
    const target = new LambdaFunction(lambda, { maxEventAge: Duration.hours(1), retryAttempts: 2 });
    new Rule(this, "ExecutionEnded", {
      description: "Nightshift: settles the job of an execution that was stopped",
      eventPattern: {
        source: ["aws.states"],
        detailType: ["Step Functions Execution Status Change"],
        // Executions of batches are children, under an ARN of their own.
        detail: {
          status: ["ABORTED", "TIMED_OUT", "FAILED"],
          stateMachineArn: [stateMachine.stateMachineArn],
        },
      },
      targets: [target],
    });
    new Rule(this, "Hourly", {
      description: "Nightshift: settles jobs whose execution is dead",
      schedule: Schedule.rate(Duration.hours(1)),
      targets: [target],
    });
  }
}
