#!/usr/bin/env bash
# typescript 5.9.3 (npm), Node 20 or newer.
#
# Expected: with rewriteRelativeImportExtensions, "./unit.ts" becomes "./unit.js" in all that tsc writes, declarations too.
# Seen: in the .js it does. In the .d.ts the import stays "./unit.ts", a file that the package does not hold. A reader that
# checks the package still finds unit.d.ts beside it, so nothing fails before somebody opens the declared file by its name.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact typescript@5.9.3
mkdir src
echo 'export interface Unit { name: string }' > src/unit.ts
echo 'export type { Unit } from "./unit.ts"; export const gram = "g";' > src/index.ts
npx tsc --outDir dist --rootDir src --module nodenext --target es2022 --declaration --rewriteRelativeImportExtensions src/index.ts
echo 'import "./unit.ts"; export const two = 2;' > src/two.ts
npx tsc --outDir dist --rootDir src --module nodenext --target es2022 --declaration --rewriteRelativeImportExtensions src/two.ts
{
  echo "two.js:     $(grep -o '"\./unit\.[a-z]*"' dist/two.js)"
  echo "index.d.ts: $(grep -o '"\./unit\.[a-z]*"' dist/index.d.ts)"
} | tee seen.txt
cat > expected.txt <<'TXT'
two.js:     "./unit.js"
index.d.ts: "./unit.ts"
TXT
diff expected.txt seen.txt && echo "as recorded"
