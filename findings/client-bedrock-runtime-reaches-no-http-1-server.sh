#!/usr/bin/env bash
# @aws-sdk/client-bedrock-runtime and client-bedrock 3.1162.0 (npm), Node 20 or newer.
#
# Expected: two clients of one SDK, each with an http:// endpoint, reach the same server: an emulator, a proxy, a test's own.
# Seen: client-bedrock does. client-bedrock-runtime speaks HTTP/2 to every address, without a check of what the server speaks.
# A server of HTTP/1.1 answers, and the client throws "Protocol error". The other client's request handler helps.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact @aws-sdk/client-bedrock@3.1162.0 @aws-sdk/client-bedrock-runtime@3.1162.0
cat > seen.mjs <<'JS'
import { createServer } from "node:http";
import { BedrockClient, ListModelInvocationJobsCommand } from "@aws-sdk/client-bedrock";
import { BedrockRuntimeClient, ConverseCommand } from "@aws-sdk/client-bedrock-runtime";
const server = createServer((request, response) => {
  response.setHeader("content-type", "application/json");
  response.end("{}");
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const endpoint = `http://127.0.0.1:${server.address().port}`;
const credentials = { accessKeyId: "a", secretAccessKey: "b" };
const common = { endpoint, credentials, region: "us-east-1", maxAttempts: 1 };
const jobs = new BedrockClient(common);
const converse = (more) => new BedrockRuntimeClient({ ...common, ...more }).send(new ConverseCommand({ modelId: "m" }));
const say = (what, call) => call.then(() => console.log(what, "answered"), (error) => console.log(what, error.message));
await say("client-bedrock:", jobs.send(new ListModelInvocationJobsCommand({})));
await say("client-bedrock-runtime:", converse({}));
await say("with the other's handler:", converse({ requestHandler: jobs.config.requestHandler }));
process.exit(0);
JS
node seen.mjs > seen.txt
cat > expected.txt <<'TXT'
client-bedrock: answered
client-bedrock-runtime: Protocol error
with the other's handler: answered
TXT
diff expected.txt seen.txt && echo "as recorded"
