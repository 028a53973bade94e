/** DynamoDB as the table. */
import { ConditionalCheckFailedException, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { AWS_CLIENT } from "../aws-client.ts";
import { required } from "../environment.ts";
import { ENV } from "../names.ts";
import { ConditionFailedError, type TableStore } from "./port.ts";

/** As far as this file uses a document client: a test brings one of its own. */
export type Dynamo = Pick<DynamoDBDocumentClient, "send">;

/** The table that the environment names. A client's endpoint and region come from the AWS environment variables. */
export function dynamoTable(dynamo: Dynamo = documentClient()): TableStore {
  const named = <Call>(call: Call) => ({ ...call, TableName: required(ENV.table) });
  return {
    get: (call) => dynamo.send(new GetCommand(named(call))),
    put: (call) => conditional(dynamo.send(new PutCommand(named(call)))),
    update: (call) => conditional(dynamo.send(new UpdateCommand(named(call)))),
    delete: (call) => conditional(dynamo.send(new DeleteCommand(named(call)))),
    query: (call) => dynamo.send(new QueryCommand(named(call))),
  };
}

function documentClient(): DynamoDBDocumentClient {
  // Without the second, a map with a key `constructor` passes for an instance of a class. A model may be called so.
  const marshallOptions = { removeUndefinedValues: true, convertClassInstanceToMap: true };
  return DynamoDBDocumentClient.from(new DynamoDBClient(AWS_CLIENT), { marshallOptions });
}

async function conditional<Answer>(write: Promise<Answer>): Promise<Answer> {
  try {
    return await write;
  } catch (cause) {
    if (cause instanceof ConditionalCheckFailedException)
      throw new ConditionFailedError(cause.message, { cause });
    throw cause;
  }
}
