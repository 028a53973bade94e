#!/usr/bin/env bash
# cli-progress 3.12.0 (npm), Node 20 or newer.
#
# Expected: MultiBar.log prints each line clean above the bars.
# Seen: of the lines logged between two draws only the first is cleared before it is written. The second is written over
# the row of the bar that stood there, and the rest of that bar stays to the right of a shorter text.
# The script lets a MultiBar draw two bars of 30 columns, logs twice, and counts the codes that clear a line.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact cli-progress@3.12.0
cat > seen.mjs <<'JS'
import { PassThrough } from "node:stream";
import progress from "cli-progress";
const screen = new PassThrough();
Object.assign(screen, { isTTY: true, columns: 80 });
const bars = new progress.MultiBar({ stream: screen, format: "x".repeat(30), fps: 1000, clearOnComplete: false });
bars.create(2, 1);
bars.create(2, 1);
bars.update();
screen.read();
bars.log("first\n");
bars.log("second\n");
bars.update();
const drawn = String(screen.read());
bars.stop();
const before = (text) => drawn.slice(0, drawn.indexOf(text)).split("\n").at(-1) ?? "";
console.log("before first:", before("first").includes("\u001b[2K"));
console.log("before second:", before("second").includes("\u001b[2K"));
process.exit(0);
JS
node seen.mjs > seen.txt
cat > expected.txt <<'TXT'
before first: true
before second: false
TXT
diff expected.txt seen.txt && echo "as recorded"
