#!/usr/bin/env bash
# Node 24.21.0 (from npm's package `node`).
#
# Expected: an option behind the script's name is the script's own: `node script.mjs --env-file FILE` only fills process.argv.
# Seen: when there is no such file, Node ends before the script starts, with code 9 and "node: nope: not found". When the
# file is there, Node neither loads it nor complains. A command line program can have no option of that name, unless
# its users write it behind "--".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact --allow-scripts=node node@24.21.0 2>/dev/null ||
  npm install --silent --no-audit --no-fund --save-exact node@24.21.0
node=node_modules/node/bin/node
echo 'console.log("A is", process.env.A, "argv", process.argv.slice(2).join(" "));' > script.mjs
echo 'A=1' > there
{
  "$node" --version
  "$node" script.mjs --env-file there && echo "code 0"
  "$node" script.mjs --env-file nope 2>/dev/null || echo "code $?"
  "$node" script.mjs -- --env-file nope && echo "code 0"
} > seen.txt
cat > expected.txt <<'TXT'
v24.21.0
A is undefined argv --env-file there
code 0
code 9
A is undefined argv -- --env-file nope
code 0
TXT
diff expected.txt seen.txt && echo "as recorded"
