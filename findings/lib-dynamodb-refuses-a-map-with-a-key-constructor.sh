#!/usr/bin/env bash
# @aws-sdk/util-dynamodb 3.996.9's marshall, as lib-dynamodb uses it (npm), Node 20 or newer.
#
# Expected: a plain object is a map, whatever its keys are called.
# Seen: a map with a key `constructor` is refused as an "Unsupported type": the library takes value.constructor.name for
# the name of a class. An own key `__proto__`, as JSON.parse makes it, is left out without an error: the map is empty.
# convertClassInstanceToMap mends the first, and not the second. A key `toString` is written.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact @aws-sdk/util-dynamodb@3.996.9 @aws-sdk/client-dynamodb@3.1162.0
cat > seen.mjs <<'JS'
import { marshall } from "@aws-sdk/util-dynamodb";
for (const key of ["constructor", "toString", "__proto__", "other"]) {
  const counts = JSON.parse(`{${JSON.stringify(key)}: 1}`);
  for (const options of [{}, { convertClassInstanceToMap: true }]) {
    let text;
    try {
      text = JSON.stringify(marshall({ counts }, options).counts);
    } catch (error) {
      text = error.message.split(".")[0];
    }
    console.log(key, Object.keys(options).length, text);
  }
}
JS
node seen.mjs > seen.txt
cat > expected.txt <<'TXT'
constructor 0 Unsupported type passed: [object Object]
constructor 1 {"M":{"constructor":{"N":"1"}}}
toString 0 {"M":{"toString":{"N":"1"}}}
toString 1 {"M":{"toString":{"N":"1"}}}
__proto__ 0 {"M":{}}
__proto__ 1 {"M":{}}
other 0 {"M":{"other":{"N":"1"}}}
other 1 {"M":{"other":{"N":"1"}}}
TXT
diff expected.txt seen.txt && echo "as recorded"
