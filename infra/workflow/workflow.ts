import { Fn, Validations } from "aws-cdk-lib";
import type { IEventBus } from "aws-cdk-lib/aws-events";
import {
  Choice,
  Condition,
  DefinitionBody,
  DistributedMap,
  Fail,
  type IChainable,
  JsonPath,
  LogLevel,
  StateMachine,
  StateMachineType,
  Succeed,
} from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { explainWildcards } from "../access/wildcards.ts";
import type { LambdaName } from "../lambdas/lambda-table.ts";
import type { NightshiftFunction } from "../lambdas/nightshift-function.ts";
import type { JobTable } from "../storage/job-table.ts";
import { logGroup, type StoragePolicy } from "../storage/storage-policy.ts";
import { type BatchWorkflowProps, batchWorkflow } from "./batch-workflow.ts";
import { EXECUTION_ID, lambdaTask } from "./lambda-task.ts";
import { notifyTask } from "./notify-task.ts";
import { catchEverything, RECORD_RETRIES, RETRIES } from "./retries.ts";

export interface WorkflowProps {
  name: string;
  lambdas: Readonly<Record<LambdaName, NightshiftFunction>>;
  bus: IEventBus;
  /** Where tokens of waits are parked, for others to end them; without it, waits end by the clock alone. */
  wakes: JobTable | undefined;
  storage: StoragePolicy;
}

/** The one state machine: a job from its upload to its results. */
export class Workflow extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: WorkflowProps) {
    super(scope, id);
    this.stateMachine = new StateMachine(this, "StateMachine", {
      stateMachineName: props.name,
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromChainable(this.definition(props)),
      comment: "One job: prepare, run each batch through its rounds, put the answers together.",
      tracingEnabled: true,
      logs: {
        // Elsewhere the policy that lets Step Functions write runs into a size limit:
        // https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
        destination: logGroup(this, "Logs", props.storage, `/aws/vendedlogs/states/${props.name}`),
        level: LogLevel.ERROR,
        includeExecutionData: false,
      },
    });
    Validations.of(this.stateMachine).acknowledge({
      id: "AwsSolutions-SF1",
      reason: "The console shows every event of an execution for 90 days: only failures are logged as well",
    });
    props.wakes?.grantWakes(this.stateMachine);
    this.explainPolicies(props.lambdas);
  }

  /** CDK writes the state machine's policies. */
  private explainPolicies(lambdas: WorkflowProps["lambdas"]): void {
    const { stateMachine } = this;
    const versions = Object.values(lambdas).map((lambda) => `${lambda.functionArn}:*`);
    explainWildcards(stateMachine, versions, "A Lambda's versions: CDK lets a task call them all");
    explainWildcards(
      stateMachine,
      ["*"],
      "X-Ray's traces and the delivery of logs, whose actions take no resource",
    );
    const { partition, region, account } = stateMachine.stack;
    const name = Fn.select(6, Fn.split(":", stateMachine.stateMachineArn));
    const execution = `arn:${partition}:states:${region}:${account}:execution:${name}`;
    explainWildcards(
      stateMachine,
      [`${execution}:*`, `${execution}/*:*`],
      "Its own executions, and their children",
    );
  }

  private definition({ lambdas, bus, wakes }: WorkflowProps): IChainable {
    const prepare = lambdaTask(this, "PrepareJob", {
      lambda: lambdas["prepare-job"],
      payload: { execution: EXECUTION_ID, input: JsonPath.objectAt("$$.Execution.Input") },
      retries: RETRIES,
    });
    const notifyStarted = notifyTask(this, "NotifyStarted", bus);
    const processBatches = this.processBatches({ lambdas, bus, wakes: wakes?.table });
    const finalize = lambdaTask(this, "FinalizeJob", {
      lambda: lambdas["finalize-job"],
      payload: {
        execution: EXECUTION_ID,
        job_id: JsonPath.stringAt("$.job_id"),
        pooled: JsonPath.objectAt("$.pooled"),
      },
      retries: RETRIES,
    });
    const recordFailure = lambdaTask(this, "RecordFailure", {
      lambda: lambdas["record-failure"],
      payload: {
        execution: EXECUTION_ID,
        input: JsonPath.objectAt("$$.Execution.Input"),
        error: JsonPath.objectAt("$.error"),
      },
      retries: RECORD_RETRIES,
    });
    for (const state of [prepare, notifyStarted, processBatches, finalize]) {
      catchEverything(state, recordFailure);
    }
    const done = new Succeed(this, "Done");
    const notifyFinished = notifyTask(this, "NotifyFinished", bus);

    prepare.next(
      new Choice(this, "JobPrepared?")
        .when(Condition.booleanEquals("$.prepared", true), notifyStarted.next(processBatches).next(finalize))
        // A long input takes more runs than one.
        .when(Condition.booleanEquals("$.more", true), prepare)
        // Another execution has the job: EventBridge delivers at least once.
        .otherwise(new Succeed(this, "AlreadyStarted")),
    );
    finalize.next(
      new Choice(this, "JobWritten?")
        .when(Condition.booleanEquals("$.more", false), notifyFinished)
        // What the batches left over goes in one more.
        .when(Condition.isPresent("$.batches"), processBatches)
        // A large job takes more runs than one.
        .otherwise(finalize),
    );
    recordFailure.next(notifyFinished);
    notifyFinished.next(
      new Choice(this, "JobSucceeded?")
        .when(Condition.booleanEquals("$.succeeded", true), done)
        .otherwise(
          new Fail(this, "Failed", { error: "JobFailed", causePath: JsonPath.stringAt("$.info.error") }),
        ),
    );
    return prepare;
  }

  /** One child execution a batch: each has a history of its own, so a job can hold thousands. */
  private processBatches(props: BatchWorkflowProps): DistributedMap {
    return new DistributedMap(this, "ProcessBatches", {
      itemsPath: "$.batches",
      itemSelector: {
        job_id: JsonPath.stringAt("$.job_id"),
        batch: JsonPath.numberAt("$$.Map.Item.Value"),
        round: 1,
        min_poll_seconds: JsonPath.numberAt("$.min_poll_seconds"),
      },
      maxConcurrencyPath: "$.max_concurrent_batches",
      mapExecutionType: StateMachineType.STANDARD,
      toleratedFailurePercentage: 100,
      resultPath: JsonPath.DISCARD,
    }).itemProcessor(batchWorkflow(this, props));
  }
}
