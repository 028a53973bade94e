#!/usr/bin/env bash
# openai 7.57.0 (npm and 3.57.0 on PyPI), Node 20 or newer, Python 3.10 or newer with venv.
#
# Expected: `for await (… of client.batches.list())` asks for page after page until one is empty.
# Seen: the JavaScript SDK stops after the first page when the server leaves has_more out, as compatible services do: a batch
# of the second page is not found, without an error. Python's SDK goes on by the last id, and finds it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check openai==3.57.0
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact openai@7.57.0
cat > seen.py <<'PY'
import sys
import openai
client = openai.OpenAI(api_key="k", base_url=sys.argv[1], max_retries=0)
print("python", [batch.id for batch in client.batches.list(limit=2)])
PY
cat > seen.mjs <<'JS'
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { promisify } from "node:util";
import OpenAI from "openai";
const pages = { first: ["a", "b"], b: ["c"], c: [] };
const server = createServer((request, response) => {
  const after = new URL(request.url, "http://x").searchParams.get("after") ?? "first";
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ object: "list", data: pages[after].map((id) => ({ id, object: "batch" })) }));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const baseURL = `http://127.0.0.1:${server.address().port}/v1`;
const found = [];
for await (const batch of new OpenAI({ apiKey: "k", baseURL, maxRetries: 0 }).batches.list({ limit: 2 })) found.push(batch.id);
console.log("javascript", JSON.stringify(found));
process.stdout.write((await promisify(execFile)("python/bin/python", ["seen.py", baseURL])).stdout);
server.close();
server.closeAllConnections();
JS
node seen.mjs > seen.txt
cat > expected.txt <<'TXT'
javascript ["a","b"]
python ['a', 'b', 'c']
TXT
diff expected.txt seen.txt && echo "as recorded"
