#!/usr/bin/env bash
# ministack 1.5.33 (PyPI) and @aws-sdk/client-s3 3.1162.0 (npm). Needs Python 3 with venv and Node 20 or newer.
#
# Expected: an emulator that keeps If-None-Match: * for PutObject and CompleteMultipartUpload keeps it for CopyObject, too.
# Seen: the copy replaces the object and answers 200, where S3 answers 412. So "copy, unless somebody was first" looks
# right in every test with one writer, and is never tested with two.
set -euo pipefail
work=$(mktemp -d)
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check ministack==1.5.33
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
GATEWAY_PORT=$port "$work/venv/bin/ministack" > "$work/log.txt" 2>&1 &
server=$!
trap 'kill $server; rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact @aws-sdk/client-s3@3.1162.0
cat > seen.mjs <<'JS'
import { setTimeout as sleep } from "node:timers/promises";
import { S3 } from "@aws-sdk/client-s3";
const objects = new S3({
  endpoint: process.env.ENDPOINT,
  forcePathStyle: true,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
});
for (let tries = 0; ; tries++) {
  if (await objects.listBuckets({}).then(() => true, () => tries > 60)) break;
  await sleep(500);
}
const Bucket = "finding";
await objects.createBucket({ Bucket });
await objects.putObject({ Bucket, Key: "first", Body: "first" });
await objects.putObject({ Bucket, Key: "second", Body: "second" });
const only = { Bucket, Key: "first", IfNoneMatch: "*" };
const upload = async () => {
  const { UploadId } = await objects.createMultipartUpload({ Bucket, Key: "first" });
  const { ETag } = await objects.uploadPart({ Bucket, Key: "first", UploadId, PartNumber: 1, Body: "third" });
  await objects.completeMultipartUpload({ ...only, UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } });
};
for (const [name, call] of [
  ["PutObject", () => objects.putObject({ ...only, Body: "third" })],
  ["CompleteMultipartUpload", upload],
  ["CopyObject", () => objects.copyObject({ ...only, CopySource: `${Bucket}/second` })],
]) {
  const answer = await call().then(() => "200", (error) => error.name);
  const { Body } = await objects.getObject({ Bucket, Key: "first" });
  console.log(name, answer, "holds:", await Body.transformToString());
}
JS
ENDPOINT="http://127.0.0.1:$port" node seen.mjs 2>/dev/null > seen.txt
cat > expected.txt <<'TXT'
PutObject PreconditionFailed holds: first
CompleteMultipartUpload PreconditionFailed holds: first
CopyObject 200 holds: second
TXT
diff expected.txt seen.txt && echo "as recorded"
