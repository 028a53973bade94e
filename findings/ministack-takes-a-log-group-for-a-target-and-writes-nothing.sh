#!/usr/bin/env bash
# ministack 1.5.33 (PyPI) and the AWS SDK for JavaScript 3.1162.0 (npm). Needs Python 3 with venv and Node 20 or newer.
#
# Expected: an EventBridge rule with a log group as its target writes each event into it, or PutTargets refuses the target.
# Seen: PutTargets reports no failed entry and PutEvents none, but the log group stays empty. A queue on the same rule gets
# the event. So a stack that keeps its events in a log group looks right on the emulator, and its metrics are never tested.
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
npm install --silent --no-audit --no-fund --save-exact @aws-sdk/client-eventbridge@3.1162.0 \
  @aws-sdk/client-cloudwatch-logs@3.1162.0 @aws-sdk/client-sqs@3.1162.0
cat > seen.mjs <<'JS'
import { setTimeout as sleep } from "node:timers/promises";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { EventBridge } from "@aws-sdk/client-eventbridge";
import { SQS } from "@aws-sdk/client-sqs";
const at = {
  endpoint: process.env.ENDPOINT,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
};
const [events, logs, queues] = [new EventBridge(at), new CloudWatchLogs(at), new SQS(at)];
for (let tries = 0; ; tries++) {
  try {
    await events.listRules({});
    break;
  } catch (error) {
    if (tries === 100) throw error;
    await sleep(200);
  }
}
const logGroupName = "/aws/events/night";
await logs.createLogGroup({ logGroupName });
const { QueueUrl } = await queues.createQueue({ QueueName: "night" });
const { Attributes } = await queues.getQueueAttributes({ QueueUrl, AttributeNames: ["QueueArn"] });
await events.putRule({ Name: "all", EventPattern: '{"source":["mine"]}' });
const targets = await events.putTargets({
  Rule: "all",
  Targets: [
    { Id: "log", Arn: `arn:aws:logs:us-east-1:000000000000:log-group:${logGroupName}` },
    { Id: "queue", Arn: Attributes.QueueArn },
  ],
});
const put = await events.putEvents({ Entries: [{ Source: "mine", DetailType: "d", Detail: '{"n":1}' }] });
const { Messages = [] } = await queues.receiveMessage({ QueueUrl, WaitTimeSeconds: 10 });
await sleep(2000);
const written = await logs.filterLogEvents({ logGroupName });
console.log("failed targets:", targets.FailedEntryCount, "failed events:", put.FailedEntryCount);
console.log("in the queue:", Messages.length, "in the log group:", written.events?.length ?? 0);
JS
ENDPOINT="http://127.0.0.1:$port" node seen.mjs > seen.txt
cat > expected.txt <<'TXT'
failed targets: 0 failed events: 0
in the queue: 1 in the log group: 0
TXT
diff expected.txt seen.txt && echo "as recorded"
