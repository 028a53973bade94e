/** S3 and DynamoDB in a process of their own, whose cost is not the steps': `node storage.ts DIR`. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
import { fileS3 } from "./file-s3.ts";

/** What the process tells once it is up. */
export interface StorageAddress {
  s3: string;
  dynamodb: string;
}

/** Requests by operation since the last time asked; a message `counts` asks. */
export interface StorageCounts {
  s3: Record<string, number>;
  dynamodb: Record<string, number>;
}

const LOOPBACK = "127.0.0.1";
const { server: s3, counts: s3Counts } = fileS3(process.argv[2] as string);
const table = dynalite({ createTableMs: 0 });
const tableCounts: Record<string, number> = {};
table.on("request", ({ headers }) => {
  const operation = String(headers["x-amz-target"]).split(".")[1] ?? "unknown";
  tableCounts[operation] = (tableCounts[operation] ?? 0) + 1;
});
await Promise.all([once(s3.listen(0, LOOPBACK), "listening"), once(table.listen(0, LOOPBACK), "listening")]);
const urlOf = (address: unknown) => `http://${LOOPBACK}:${(address as AddressInfo).port}`;
const address: StorageAddress = { s3: urlOf(s3.address()), dynamodb: urlOf(table.address()) };

const credentials = { accessKeyId: "bench", secretAccessKey: "bench" };
const client = new DynamoDBClient({ endpoint: address.dynamodb, region: "us-east-1", credentials });
await client.send(
  new CreateTableCommand({
    TableName: "bench",
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "sk", AttributeType: "S" },
    ],
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
  }),
);
client.destroy();
process.on("message", () => {
  process.send?.({ s3: { ...s3Counts }, dynamodb: { ...tableCounts } } satisfies StorageCounts);
  for (const counts of [s3Counts, tableCounts]) for (const name of Object.keys(counts)) delete counts[name];
});
process.on("disconnect", () => process.exit());
for (const name of Object.keys(tableCounts)) delete tableCounts[name];
process.send?.(address);
