import type { ITable } from "aws-cdk-lib/aws-dynamodb";
import { CustomState } from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import { WAKE } from "../../shared/names.ts";
import { PARK_RETRIES } from "./retries.ts";

/**
 * A wait of `wait_seconds` that a wake signal ends earlier. The state parks its task token in the table, and
 * `receive-webhook` or `receive-bedrock-event` returns it. No Lambda runs meanwhile. `shared/records/wake-record.ts` says
 * why no signal is lost between two waits.
 */
export function waitForWake(scope: Construct, stateName: string, table: ITable): CustomState {
  // CDK's own task for calls like this one would let the state machine write any record of the table.
  const state = new CustomState(scope, stateName, {
    stateJson: {
      Type: "Task",
      Comment: "Until a wake signal says that the batch has ended, or the next poll is due (wait_seconds)",
      Resource: "arn:aws:states:::aws-sdk:dynamodb:updateItem.waitForTaskToken",
      Parameters: {
        TableName: table.tableName,
        Key: {
          pk: { "S.$": `States.Format('${WAKE.prefix}{}', $.wake.provider_batch_id)` },
          sk: { S: WAKE.sort },
        },
        UpdateExpression:
          "SET task_token = :token, job_id = :job, #batch = :batch, #round = :round, expires_at = :expires_at",
        ConditionExpression: "attribute_not_exists(news_at) OR news_at < :since",
        ExpressionAttributeNames: { "#batch": "batch", "#round": "round" },
        ExpressionAttributeValues: {
          ":token": { "S.$": "$$.Task.Token" },
          ":job": { "S.$": "$.job_id" },
          ":batch": { "N.$": "States.Format('{}', $.batch)" },
          ":round": { "N.$": "States.Format('{}', $.round)" },
          ":since": { "N.$": "$.wake.news_since" },
          ":expires_at": { "N.$": "$.wake.expires_at" },
        },
      },
      TimeoutSecondsPath: "$.wait_seconds",
      ResultPath: null,
    },
  });
  for (const retry of PARK_RETRIES) state.addRetry(retry);
  return state;
}
