#!/usr/bin/env bash
# yaml 2.9.1, js-yaml 5.5.0 and js-yaml 4.1.0 (npm), PyYAML 6.0.2 (PyPI), Node 20 or newer, Python 3 with venv.
#
# Expected: "<<: *base" takes over the fields of the anchor, as in every CI file that has it.
# Seen: PyYAML and js-yaml 4 merge. yaml 2 and js-yaml 5 leave a field that is named "<<", without an error, so the
# fields of the base are not there. Of 1e400, yaml makes Infinity, which JSON.stringify then writes as null;
# js-yaml 5 and PyYAML keep the text.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact yaml@2.9.1 js-yaml@5.5.0 js-yaml-4@npm:js-yaml@4.1.0
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check PyYAML==6.0.2
cat > job.yaml <<'YAML'
base: &base {rounds: 2}
job:
  <<: *base
  model: m
huge: 1e400
YAML
cat > seen.mjs <<'JS'
import { readFileSync } from "node:fs";
import { load as load5 } from "js-yaml";
import { load as load4 } from "js-yaml-4";
import { parse } from "yaml";
const text = readFileSync("job.yaml", "utf8");
for (const [name, read] of [["yaml 2", parse], ["js-yaml 5", load5], ["js-yaml 4", load4]]) {
  const { job, huge } = read(text);
  console.log(name, JSON.stringify(job), JSON.stringify(huge));
}
JS
node seen.mjs > seen.txt
python/bin/python - >> seen.txt <<'PY'
import json, yaml
read = yaml.safe_load(open("job.yaml"))
print("PyYAML", json.dumps(read["job"], separators=(",", ":")), json.dumps(read["huge"]))
PY
cat > expected.txt <<'TXT'
yaml 2 {"<<":{"rounds":2},"model":"m"} null
js-yaml 5 {"<<":{"rounds":2},"model":"m"} "1e400"
js-yaml 4 {"rounds":2,"model":"m"} null
PyYAML {"rounds":2,"model":"m"} "1e400"
TXT
diff expected.txt seen.txt && echo "as recorded"
