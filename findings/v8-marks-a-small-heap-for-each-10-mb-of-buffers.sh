#!/usr/bin/env bash
# Node 24.21.0 (from npm's package `node`).
#
# Expected: a program whose heap stays at 20 MB runs alike under --max-old-space-size=460 and =2048. It comes near to neither.
# Seen: V8 counts the bytes of buffers, which lie outside of its heap, as growth of the heap since it was last marked. How far the
# heap may grow before it is marked again depends on the limit: by a third or so below 512 MB, up to four times for a large one.
# A program that does no more than read 500 MB over HTTP marks its whole heap 15 times or more under the low limit, and at most 5
# times under the high one. Marking can take half of its CPU. Lambda gives Node such a limit, of 90 % of its memory.
# --heap-growing-percent=300, which NODE_OPTIONS does not take, ends it; memory at the peak is the same.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact --allow-scripts=node node@24.21.0 2>/dev/null ||
  npm install --silent --no-audit --no-fund --save-exact node@24.21.0
node=node_modules/node/bin/node
cat > read.mjs <<'JS'
import { once } from "node:events";
import { createServer, get } from "node:http";
const CHUNK = Buffer.alloc(65_536);
const server = createServer(async (_, response) => {
  for (let n = 0; n < 8_000; n++) if (!response.write(CHUNK)) await once(response, "drain");
  response.end();
});
await once(server.listen(0, "127.0.0.1"), "listening");
// The heap of a program of middle size.
globalThis.held = Array.from({ length: 100_000 }, (_, n) => ({ n, text: `item ${n}` }));
const [answer] = await once(get({ port: server.address().port }), "response");
let bytes = 0;
for await (const chunk of answer) bytes += chunk.length;
server.close();
console.log("read", bytes, "heap below 50 MB:", process.memoryUsage().heapUsed < 50_000_000);
JS
count() {
  "$node" --trace-gc --max-semi-space-size=1 "$@" read.mjs > log.txt
  local marked
  marked=$(grep -c Mark-Compact log.txt || true)
  grep ^read log.txt
  echo "$* marked the heap" "$(if [ "$marked" -ge 15 ]; then echo 15 times or more; elif [ "$marked" -le 5 ]; then echo 5 times at most; else echo "$marked times"; fi)"
}
{
  "$node" --version
  count --max-old-space-size=460
  count --max-old-space-size=2048
  count --max-old-space-size=460 --heap-growing-percent=300
} > seen.txt
cat > expected.txt <<'TXT'
v24.21.0
read 524288000 heap below 50 MB: true
--max-old-space-size=460 marked the heap 15 times or more
read 524288000 heap below 50 MB: true
--max-old-space-size=2048 marked the heap 5 times at most
read 524288000 heap below 50 MB: true
--max-old-space-size=460 --heap-growing-percent=300 marked the heap 5 times at most
TXT
diff expected.txt seen.txt && echo "as recorded"
