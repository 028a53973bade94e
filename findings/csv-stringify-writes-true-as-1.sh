#!/usr/bin/env bash
# csv-stringify 6.9.0 and papaparse 5.7.1 (npm), Node 20 or newer.
#
# Expected: a CSV writer writes true and false as those words, and a nested value as JSON or not at all.
# Seen: csv-stringify writes true as 1, and false as an empty field, which is what it writes for null, too: the two can
# no longer be told apart. A Date becomes milliseconds. papaparse writes the words, but an object as "[object Object]",
# and an array's members joined by commas without brackets.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact csv-stringify@6.9.0 papaparse@5.7.1
cat > seen.mjs <<'JS'
import { stringify } from "csv-stringify/sync";
import Papa from "papaparse";
const row = { yes: true, no: false, none: null, day: new Date(0), nested: { a: 1 }, list: [1, 2] };
console.log(stringify([row], { quoted: true }).trim());
console.log(Papa.unparse([row], { header: false, quotes: true }).trim());
JS
node seen.mjs > seen.txt
cat > expected.txt <<'TXT'
"1",,,"0","{""a"":1}","[1,2]"
"true","false",,1970-01-01T00:00:00.000Z,"[object Object]","1,2"
TXT
diff expected.txt seen.txt && echo "as recorded"
