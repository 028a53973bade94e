#!/usr/bin/env bash
# @aws-sdk/client-s3 3.1162.0, @aws-sdk/client-dynamodb 3.1162.0, esbuild 0.28.2 (npm), Node 20 or newer.
#
# Expected: both clients are ES modules without side effects, so a bundle of one command has the schemas of that command. Or
# else the two clients, written by one generator, are alike in what stays.
# Seen: one command of S3 brings the schemas of all its operations, 66 kB minified: a bundle that only asks for a bucket's
# head knows how to write an access list. One command of DynamoDB brings its own, 6 kB. S3's schemas have computed keys
# ({ [_h]: 1 }, for names of headers). esbuild keeps an object with a computed key, even one whose key is a constant string.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact \
  @aws-sdk/client-s3@3.1162.0 @aws-sdk/client-dynamodb@3.1162.0 esbuild@0.28.2
cat > seen.mjs <<'JS'
import { build } from "esbuild";
const bundles = {
  "client-s3": ["HeadBucketCommand", "HeadBucketRequest", "PutBucketAclRequest"],
  "client-dynamodb": ["GetItemCommand", "GetItemInput", "CreateGlobalTableInput"],
};
for (const [client, [command, own, other]] of Object.entries(bundles)) {
  const { metafile, outputFiles } = await build({
    stdin: { contents: `export { ${command} } from "@aws-sdk/${client}";`, resolveDir: "." },
    ...{ bundle: true, minify: true, write: false, metafile: true },
    ...{ format: "esm", platform: "node", mainFields: ["module", "main"] },
  });
  const { inputs } = Object.values(metafile.outputs)[0];
  const schemas = Object.keys(inputs).find((file) => file.endsWith(`${client}/dist-es/schemas/schemas_0.js`));
  const has = (name) => outputFiles[0].text.includes(`"${name}"`);
  const kB = Math.round(inputs[schemas].bytesInOutput / 1000);
  console.log(`${client} ${command}: ${kB} kB of schemas, its own ${has(own)}, another's ${has(other)}`);
}
JS
node seen.mjs > seen.txt
cat > expected.txt <<'TXT'
client-s3 HeadBucketCommand: 66 kB of schemas, its own true, another's true
client-dynamodb GetItemCommand: 6 kB of schemas, its own true, another's false
TXT
diff expected.txt seen.txt && echo "as recorded"
