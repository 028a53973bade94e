#!/usr/bin/env bash
# yaml 2.9.1 (npm), Node 20 or newer.
#
# Expected: a comment at the top of a file is the document's, so deleting the first key keeps it.
# Seen: without an empty line behind it, the comment belongs to the first key and goes with it. With an empty line it stays.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact yaml@2.9.1
cat > seen.mjs <<'JS'
import { parseDocument } from "yaml";
for (const gap of ["", "\n"]) {
  const document = parseDocument(`# What this file is for.\n${gap}input: a.csv\nmodel: m\n`);
  document.delete("input");
  console.log(JSON.stringify(String(document)));
}
JS
node seen.mjs > seen.txt
cat > expected.txt <<'TXT'
"model: m\n"
"# What this file is for.\n\nmodel: m\n"
TXT
diff expected.txt seen.txt && echo "as recorded"
