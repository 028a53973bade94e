#!/usr/bin/env bash
# @sinonjs/fake-timers 15.5.0 (npm), Node 20 or newer.
#
# Expected: with setTimeout faked, `import { setTimeout as sleep } from "node:timers/promises"` sleeps by the fake clock, as the
# library says that it fakes this module.
# Seen: only a default import does. A named import of an ES module keeps the function from before, until somebody calls
# `syncBuiltinESMExports()` of node:module. Nothing is thrown: such a test waits in real time.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact @sinonjs/fake-timers@15.5.0
cat > seen.mjs <<'JS'
import { syncBuiltinESMExports } from "node:module";
import timers, { setTimeout as sleep } from "node:timers/promises";
import FakeTimers from "@sinonjs/fake-timers";
const clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout"] });
for (const synced of [false, true]) {
  if (synced) syncBuiltinESMExports();
  const done = { named: false, byDefault: false };
  sleep(300).then(() => (done.named = true));
  timers.setTimeout(300).then(() => (done.byDefault = true));
  await clock.tickAsync(1000);
  console.log(synced ? "synced:" : "installed:", JSON.stringify(done));
}
process.exit();
JS
node seen.mjs > seen.txt
cat > expected.txt <<'TXT'
installed: {"named":false,"byDefault":true}
synced: {"named":true,"byDefault":true}
TXT
diff expected.txt seen.txt && echo "as recorded"
