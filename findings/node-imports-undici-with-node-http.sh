#!/usr/bin/env bash
# Node 24.21.0 (from npm's package `node`).
#
# Expected: `import { request } from "node:http"` loads the modules of HTTP, as `require("node:http")` does. What is not named in the
# braces is not touched.
# Seen: Node reads every export of a built-in module that an ES module imports. `WebSocket` and its like are getters in node:http, and
# reading them loads undici, with it all of `fetch`. In CommonJS they stay unread. It doubles the time in which such a program
# starts, whether or not it uses fetch: some 45 ms of CPU in place of 15. Importing node:fs loads fs/promises and readline's parts in
# the same way. `process.getBuiltinModule` loads a module as CommonJS does.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact --allow-scripts=node node@24.21.0 2>/dev/null ||
  npm install --silent --no-audit --no-fund --save-exact node@24.21.0
node=node_modules/node/bin/node
tell='const has = (name) => process.moduleLoadList.some((one) => one.endsWith(name));
console.log(process.argv[1], "undici:", has("internal/deps/undici/undici"), "fs/promises:", has("internal/fs/promises"));'
echo "import { request } from 'node:http'; $tell" > http.mjs
echo "const { request } = require('node:http'); $tell" > http.cjs
echo "const { request } = process.getBuiltinModule('node:http'); $tell" > got.mjs
echo "import { statSync } from 'node:fs'; $tell" > fs.mjs
echo "const { statSync } = require('node:fs'); $tell" > fs.cjs
{
  "$node" --version
  for program in http.mjs http.cjs got.mjs fs.mjs fs.cjs; do "$node" "$program" | sed "s|$work/||"; done
} > seen.txt
cat > expected.txt <<'TXT'
v24.21.0
http.mjs undici: true fs/promises: true
http.cjs undici: false fs/promises: false
got.mjs undici: false fs/promises: false
fs.mjs undici: false fs/promises: true
fs.cjs undici: false fs/promises: false
TXT
diff expected.txt seen.txt && echo "as recorded"
