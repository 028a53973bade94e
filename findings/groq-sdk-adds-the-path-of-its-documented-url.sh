#!/usr/bin/env bash
# groq-sdk 1.6.0 and openai 6.49.0 (npm), Node 20 or newer.
#
# Expected: baseURL is the address that Groq documents for OpenAI's SDK, https://api.groq.com/openai/v1, in both SDKs.
# Seen: groq-sdk adds /openai/v1 to every path by itself. With the documented address it asks for /openai/v1/openai/v1/….
# Its baseURL is the host alone, and one environment variable cannot serve both SDKs.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact groq-sdk@1.6.0 openai@6.49.0
cat > seen.mjs <<'JS'
import { createServer } from "node:http";
import Groq from "groq-sdk";
import OpenAI from "openai";
const server = createServer((request, response) => {
  console.log(request.method, request.url.split("?")[0]);
  response.setHeader("content-type", "application/json");
  response.end('{"object":"list","data":[]}');
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const baseURL = `http://127.0.0.1:${server.address().port}/openai/v1`;
await new OpenAI({ apiKey: "k", baseURL, maxRetries: 0 }).batches.list();
await new Groq({ apiKey: "k", baseURL, maxRetries: 0 }).batches.list();
server.close();
server.closeAllConnections();
JS
node seen.mjs > seen.txt
cat > expected.txt <<'TXT'
GET /openai/v1/batches
GET /openai/v1/openai/v1/batches
TXT
diff expected.txt seen.txt && echo "as recorded"
