#!/usr/bin/env bash
# fast-check 4.11.0 (npm), Node 20 or newer.
#
# Expected: the default generators of a fuzzing library try what breaks text code: accents, emoji, U+2028, control characters.
# Seen: fc.string(), fc.jsonValue() and the keys of fc.object() hold printable ASCII alone, in 20,000 values of each.
# A test that draws them says nothing about UTF-8, line separators or lone surrogates: ask for unit: "binary".
# About half of the objects of fc.dictionary() have no prototype, so that value.hasOwnProperty is no function.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact fast-check@4.11.0
cat > seen.mjs <<'JS'
import fc from "fast-check";
const count = (arbitrary, is) => fc.sample(arbitrary, { numRuns: 20_000, seed: 1 }).filter(is).length;
const beyond = (text) => /[^\x20-\x7e]/.test(text);
console.log("string", count(fc.string(), beyond));
console.log("jsonValue", count(fc.jsonValue(), (value) => beyond(JSON.stringify(value))));
console.log("object keys", count(fc.object(), (value) => Object.keys(value).some(beyond)));
console.log("unit binary", count(fc.string({ unit: "binary" }), beyond) > 10_000);
const bare = count(fc.dictionary(fc.string(), fc.nat()), (value) => Object.getPrototypeOf(value) === null);
console.log("dictionary without prototype", bare > 8_000 && bare < 12_000);
JS
node seen.mjs > seen.txt
cat > expected.txt <<'TXT'
string 0
jsonValue 0
object keys 0
unit binary true
dictionary without prototype true
TXT
diff expected.txt seen.txt && echo "as recorded"
