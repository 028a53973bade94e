#!/usr/bin/env bash
# dynalite 4.0.0 and @aws-sdk/client-dynamodb 3.1162.0 (npm), Node 20 or newer.
#
# Expected: with ReturnValuesOnConditionCheckFailure: "ALL_OLD" the error of a failed condition brings the item that
# stands there, as DynamoDB's does, or the emulator refuses the parameter that it does not know.
# Seen: dynalite takes it without a word, and the error has no item. Code that decides by error.Item takes the way of
# "there is none" on the emulator alone. A misspelt value of the parameter is taken, too.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact dynalite@4.0.0 @aws-sdk/client-dynamodb@3.1162.0 2>/dev/null
cat > seen.mjs <<'JS'
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
const server = dynalite({ createTableMs: 0 });
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const database = new DynamoDB({
  endpoint: `http://127.0.0.1:${server.address().port}`,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  maxAttempts: 1,
});
const TableName = "jobs";
const key = { AttributeName: "id" };
await database.createTable({
  TableName,
  KeySchema: [{ ...key, KeyType: "HASH" }],
  AttributeDefinitions: [{ ...key, AttributeType: "S" }],
  BillingMode: "PAY_PER_REQUEST",
});
while ((await database.describeTable({ TableName })).Table.TableStatus !== "ACTIVE");
const Item = { id: { S: "1" }, status: { S: "sent" } };
await database.putItem({ TableName, Item });
for (const ReturnValuesOnConditionCheckFailure of ["ALL_OLD", "ALL_ODL"])
  await database
    .putItem({ TableName, Item, ConditionExpression: "attribute_not_exists(id)", ReturnValuesOnConditionCheckFailure })
    .catch((error) => console.log(ReturnValuesOnConditionCheckFailure, error.name, error.Item));
process.exit();
JS
node seen.mjs > seen.txt 2>/dev/null
cat > expected.txt <<'TXT'
ALL_OLD ConditionalCheckFailedException undefined
ALL_ODL ConditionalCheckFailedException undefined
TXT
diff expected.txt seen.txt && echo "as recorded"
