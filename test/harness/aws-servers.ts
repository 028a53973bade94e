/** S3 and DynamoDB on loopback: other people's servers, which speak AWS's protocols. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import dynalite from "dynalite";
import { buildApp } from "fauxqs";
import { afterAll } from "vitest";
import { ENV, JOBS_INDEX } from "../../shared/names.ts";
import { s3Store } from "../../shared/objects/s3-store.ts";
import { useObjects } from "../../shared/objects/store.ts";
import { dynamoTable } from "../../shared/records/dynamo-table.ts";
import { useTable } from "../../shared/records/store.ts";

const NAME = "nightshift";
const LOOPBACK = "127.0.0.1";

/** Starts both for a test file. This process's AWS clients lead there, and its bucket and table are there. @returns the S3 client */
export async function startAwsServers(): Promise<S3Client> {
  const buckets = buildApp({ logger: false });
  const tables = dynalite({ createTableMs: 0 });
  const s3Url = await buckets.listen({ port: 0, host: LOOPBACK });
  await once(tables.listen(0, LOOPBACK), "listening");
  Object.assign(process.env, {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_ENDPOINT_URL_S3: s3Url,
    AWS_ENDPOINT_URL_DYNAMODB: `http://${LOOPBACK}:${(tables.address() as AddressInfo).port}`,
    [ENV.bucket]: NAME,
    [ENV.table]: NAME,
  });
  const client = new S3Client({ forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: NAME }));
  await createTable();
  useObjects(s3Store(client));
  useTable(dynamoTable());
  afterAll(async () => {
    client.destroy();
    await buckets.close();
    tables.close();
  });
  return client;
}

async function createTable(): Promise<void> {
  const client = new DynamoDBClient({});
  await client.send(
    new CreateTableCommand({
      TableName: NAME,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: "pk", AttributeType: "S" },
        { AttributeName: "sk", AttributeType: "S" },
        { AttributeName: JOBS_INDEX.partition, AttributeType: "S" },
        { AttributeName: JOBS_INDEX.sort, AttributeType: "N" },
      ],
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: JOBS_INDEX.name,
          KeySchema: [
            { AttributeName: JOBS_INDEX.partition, KeyType: "HASH" },
            { AttributeName: JOBS_INDEX.sort, KeyType: "RANGE" },
          ],
          Projection: { ProjectionType: "ALL" },
        },
      ],
    }),
  );
  client.destroy();
}
