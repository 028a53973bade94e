/** S3 and DynamoDB on loopback, with their data in a folder: what the handlers talk to instead of AWS. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceNotFoundException,
} from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import dynalite from "dynalite";
import { ENV, JOBS_INDEX } from "../../shared/names.ts";
import { lockFolder } from "../folder-lock.ts";
import { LOOPBACK, refuseForeigners } from "../loopback.ts";
import { portsOf } from "./ports.ts";
import { startS3 } from "./s3-server.ts";

const BUCKET = "nightshift";
const TABLE = "nightshift";
const TABLE_LOOKS = 100;

/** The running services. */
export interface DataServices {
  /** What the handlers' environment must say to reach them. */
  environment: Record<string, string>;
  close(): Promise<void>;
}

/**
 * Starts both services, on the ports they had last where these are free. One process at a time may use a folder.
 * @throws FolderInUseError when another process has the folder
 */
export async function startDataServices(dir: string): Promise<DataServices> {
  const unlock = lockFolder(dir);
  const ports = await portsOf(dir);
  const table = await startTable(join(dir, "dynamodb"), ports.dynamodb);
  const objects = await startS3(join(dir, "s3"), ports.s3);
  const environment = {
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_SESSION_TOKEN: "",
    AWS_ENDPOINT_URL_S3: objects.url,
    AWS_ENDPOINT_URL_DYNAMODB: table.url,
    [ENV.bucket]: BUCKET,
    [ENV.table]: TABLE,
  };
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const s3 = new S3Client({ region: "us-east-1", credentials, endpoint: objects.url, forcePathStyle: true });
  const dynamo = new DynamoDBClient({ region: "us-east-1", credentials, endpoint: table.url });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  await createTable(dynamo);
  await tableReady(dynamo, dir);
  s3.destroy();
  dynamo.destroy();
  return {
    environment,
    async close() {
      await Promise.all([objects.close(), table.close()]);
      unlock();
    },
  };
}

async function startTable(path: string, port: number): Promise<{ url: string; close(): Promise<void> }> {
  const server = dynalite({ path, createTableMs: 0 });
  refuseForeigners(server);
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, LOOPBACK, resolve));
  return {
    url: `http://${LOOPBACK}:${port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function createTable(client: DynamoDBClient): Promise<void> {
  try {
    await client.send(new DescribeTableCommand({ TableName: TABLE }));
    return;
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
  await client.send(
    new CreateTableCommand({
      TableName: TABLE,
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
}

/** Until it is, the table is not found; a process killed in that moment leaves it so for good. */
async function tableReady(client: DynamoDBClient, dir: string): Promise<void> {
  for (let look = 0; look < TABLE_LOOKS; look++) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: TABLE }));
    if (Table?.TableStatus === "ACTIVE") return;
    await sleep(20);
  }
  throw new Error(`${dir} was left half made, with nothing in it: delete it and run the command again`);
}
