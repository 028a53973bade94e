#!/usr/bin/env bash
# aws-cdk-lib 2.276.0 with constructs 10.8.1 (npm), Node 20 or newer.
#
# Expected: null in the parameters, the assigned variables or the payload of a Step Functions state is null when it runs.
# Seen: in JSONPath states the key is left out, at any depth, but for a member of an array. In JSONata states, and in the
# Result of a Pass, null stays. So a Pass that assigns null to a variable, to reset it, synthesizes to no assignment at
# all, and a task gets no such field. There is no warning.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact aws-cdk-lib@2.276.0 constructs@10.8.1
cat > seen.mjs <<'JS'
import { App, Stack } from "aws-cdk-lib";
import { Pass, Result } from "aws-cdk-lib/aws-stepfunctions";
const stack = new Stack(new App(), "Stack");
const value = { error: null, list: [null], inner: { error: null }, count: 0 };
const states = {
  Result: new Pass(stack, "A", { result: Result.fromObject(value) }),
  Parameters: new Pass(stack, "B", { parameters: value }),
  Assign: new Pass(stack, "C", { assign: value }),
  Output: Pass.jsonata(stack, "D", { outputs: value }),
};
for (const [field, state] of Object.entries(states)) console.log(field, JSON.stringify(state.toStateJson()[field]));
JS
node seen.mjs > seen.txt 2>/dev/null
cat > expected.txt <<'TXT'
Result {"error":null,"list":[null],"inner":{"error":null},"count":0}
Parameters {"list":[null],"inner":{},"count":0}
Assign {"list":[null],"inner":{},"count":0}
Output {"error":null,"list":[null],"inner":{"error":null},"count":0}
TXT
diff expected.txt seen.txt && echo "as recorded"
