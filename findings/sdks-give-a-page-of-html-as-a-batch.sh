#!/usr/bin/env bash
# openai 7.57.0, @anthropic-ai/sdk 1.14.0, groq-sdk 1.6.0, @google/genai 3.3.0 and @mistralai/mistralai 2.7.0 (npm), Node 20
# or newer.
#
# Expected: an answer that is no JSON, as a proxy's login page with status 200, is an error of the call in every SDK.
# Seen: in openai, @anthropic-ai/sdk and groq-sdk the call resolves to the page as a string, though its type says Batch. JSON
# that comes as text/plain stays a string, too. So `batch.status` is undefined, and a loop that polls until it is
# "completed" never ends. @google/genai and @mistralai/mistralai throw for the page.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact openai@7.57.0 @anthropic-ai/sdk@1.14.0 groq-sdk@1.6.0 \
  @google/genai@3.3.0 @mistralai/mistralai@2.7.0
cat > seen.mjs <<'JS'
import { createServer } from "node:http";
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import { Mistral } from "@mistralai/mistralai";
import Groq from "groq-sdk";
import OpenAI from "openai";
const answers = { "text/html": "<p>Please log in", "text/plain": '{"id":"b","status":"completed"}' };
let type;
const server = createServer((request, response) => {
  response.setHeader("content-type", type);
  response.end(answers[type]);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${server.address().port}`;
const common = { apiKey: "k", baseURL: url, maxRetries: 0 };
const calls = {
  openai: () => new OpenAI(common).batches.retrieve("b"),
  anthropic: () => new Anthropic(common).messages.batches.retrieve("b"),
  groq: () => new Groq(common).batches.retrieve("b"),
  genai: () => new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl: url } }).batches.get({ name: "batches/b" }),
  mistral: () => new Mistral({ apiKey: "k", serverURL: url }).batch.jobs.get({ jobId: "b" }),
};
for (type of Object.keys(answers))
  for (const [name, call] of Object.entries(calls))
    console.log(type, name, await call().then((batch) => typeof batch, (error) => error.name));
server.close();
server.closeAllConnections();
JS
node seen.mjs > seen.txt 2>/dev/null
cat > expected.txt <<'TXT'
text/html openai string
text/html anthropic string
text/html groq string
text/html genai SyntaxError
text/html mistral SDKError
text/plain openai string
text/plain anthropic string
text/plain groq string
text/plain genai object
text/plain mistral SDKError
TXT
diff expected.txt seen.txt && echo "as recorded"
