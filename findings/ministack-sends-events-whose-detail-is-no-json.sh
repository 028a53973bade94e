#!/usr/bin/env bash
# ministack 1.5.33 (PyPI) and the AWS SDK for JavaScript 3.1162.0 (npm). Needs Python 3 with venv and Node 20 or newer.
#
# Expected: PutEvents refuses an entry whose Detail is no JSON object, as EventBridge does (ErrorCode MalformedDetail).
# Seen: ministack reports no failed entry and sends the event on: a cut text arrives as a JSON string, an array as an array.
# A producer that forgets JSON.stringify, or cuts a long detail, works on the emulator, and loses its events on AWS.
set -euo pipefail
work=$(mktemp -d)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check ministack==1.5.33
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
GATEWAY_PORT=$port "$work/venv/bin/ministack" > "$work/log.txt" 2>&1 &
server=$!
trap 'kill $server; rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact @aws-sdk/client-eventbridge@3.1162.0 @aws-sdk/client-sqs@3.1162.0
cat > seen.mjs <<'JS'
import { setTimeout as sleep } from "node:timers/promises";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { SQS } from "@aws-sdk/client-sqs";
const at = {
  endpoint: process.env.ENDPOINT,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
};
const [events, queues] = [new EventBridge(at), new SQS(at)];
for (let tries = 0; ; tries++) {
  if (await events.listRules({}).then(() => true, () => tries > 60)) break;
  await sleep(500);
}
const { QueueUrl } = await queues.createQueue({ QueueName: "seen" });
const { Attributes } = await queues.getQueueAttributes({ QueueUrl, AttributeNames: ["QueueArn"] });
await events.putRule({ Name: "all", EventPattern: '{"source":["finding"]}' });
await events.putTargets({ Rule: "all", Targets: [{ Id: "queue", Arn: Attributes.QueueArn }] });
for (const Detail of ['{"rows":1', "[1]", '{"rows":1}']) {
  const put = await events.putEvents({ Entries: [{ Source: "finding", DetailType: "seen", Detail }] });
  const { Messages } = await queues.receiveMessage({ QueueUrl, WaitTimeSeconds: 10 });
  const { Body, ReceiptHandle } = Messages[0];
  await queues.deleteMessage({ QueueUrl, ReceiptHandle });
  console.log(Detail, "failed entries:", put.FailedEntryCount, "arrived:", JSON.stringify(JSON.parse(Body).detail));
}
JS
ENDPOINT="http://127.0.0.1:$port" node seen.mjs 2>/dev/null > seen.txt
cat > expected.txt <<'TXT'
{"rows":1 failed entries: 0 arrived: "{\"rows\":1"
[1] failed entries: 0 arrived: [1]
{"rows":1} failed entries: 0 arrived: {"rows":1}
TXT
diff expected.txt seen.txt && echo "as recorded"
