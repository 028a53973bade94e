#!/usr/bin/env bash
# @google/genai 3.3.0 and openai 7.57.0 (npm), Node 20 or newer.
#
# Expected: a field of the config that the SDK does not know goes to the API, which refuses it, or the SDK throws.
# Seen: @google/genai sends what it knows and drops the rest without a word: max_output_tokens as Python's SDK spells it, or a
# field that is newer than the SDK. The request goes out with no limit, and is paid so. openai sends every field on.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact @google/genai@3.3.0 openai@7.57.0
cat > seen.mjs <<'JS'
import { createServer } from "node:http";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
const server = createServer(async (request, response) => {
  const { contents, messages, model, ...settings } = JSON.parse((await request.toArray()).join(""));
  console.log(request.url.split("/").at(-1), JSON.stringify(settings));
  response.setHeader("content-type", "application/json");
  response.end("{}");
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${server.address().port}`;
const settings = { max_output_tokens: 16, temperature: 0, newer: true };
const { models } = new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl: url } });
await models.generateContent({ model: "m", contents: "text", config: settings });
const { chat } = new OpenAI({ apiKey: "k", baseURL: url });
await chat.completions.create({ model: "m", messages: [{ role: "user", content: "text" }], ...settings });
server.close();
server.closeAllConnections();
JS
node seen.mjs > seen.txt 2>/dev/null
cat > expected.txt <<'TXT'
m:generateContent {"generationConfig":{"temperature":0}}
completions {"max_output_tokens":16,"temperature":0,"newer":true}
TXT
diff expected.txt seen.txt && echo "as recorded"
