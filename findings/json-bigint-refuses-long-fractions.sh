#!/usr/bin/env bash
# json-bigint 1.0.0 (npm), Node 20 or newer.
#
# Expected: with useNativeBigInt, whole numbers beyond 2^53 become BigInt, and fractions stay numbers.
# Seen: any number of more than 15 characters goes to BigInt, by its length alone. A fraction of that length, as every
# logprob and many an embedding is, throws a SyntaxError, and the whole answer with it. Without the option it becomes a
# BigNumber object, on which `typeof` says "object", and which `+` joins as text.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact json-bigint@1.0.0
cat > seen.mjs <<'JS'
import jsonBigint from "json-bigint";
for (const options of [{ useNativeBigInt: true }, {}])
  for (const text of ["9007199254740993", "-0.00012345678901234", "0.25"]) {
    let seen;
    try {
      const { n } = jsonBigint(options).parse(`{"n":${text}}`);
      seen = `${typeof n} ${n + (typeof n === "bigint" ? 0n : 0)}`;
    } catch (error) {
      seen = error.name;
    }
    console.log(JSON.stringify(options), text, seen);
  }
JS
node seen.mjs > seen.txt
cat > expected.txt <<'TXT'
{"useNativeBigInt":true} 9007199254740993 bigint 9007199254740993
{"useNativeBigInt":true} -0.00012345678901234 SyntaxError
{"useNativeBigInt":true} 0.25 number 0.25
{} 9007199254740993 object 90071992547409930
{} -0.00012345678901234 object -0.000123456789012340
{} 0.25 number 0.25
TXT
diff expected.txt seen.txt && echo "as recorded"
