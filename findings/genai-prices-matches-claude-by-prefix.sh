#!/usr/bin/env bash
# @pydantic/genai-prices 0.1.8 (npm), Node 20 or newer.
#
# Expected: a model that the price list does not have has no price, at every provider alike.
# Seen: at OpenAI a misspelt or newer name has none. At Anthropic names match by their beginning: a model that does not
# exist, or does not exist yet, has the price of the older one that its name begins with.
# OpenAI's gpt-4o-realtime-… match by their beginning as well, its gpt-4.1-… do not.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --save-exact @pydantic/genai-prices@0.1.8
cat > seen.mjs <<'JS'
import { calcPrice } from "@pydantic/genai-prices";
const usage = { input_tokens: 1_000_000, output_tokens: 0 };
for (const [providerId, model] of [
  ["openai", "gpt-4.10"],
  ["openai", "gpt-4.1-minix"],
  ["openai", "gpt-4o-realtime-x"],
  ["anthropic", "claude-haiku-4-50"],
  ["anthropic", "claude-haiku-4-5-turbo"],
])
  console.log(model, calcPrice(usage, model, { providerId })?.model.id ?? "no price");
JS
node seen.mjs > seen.txt
cat > expected.txt <<'TXT'
gpt-4.10 no price
gpt-4.1-minix no price
gpt-4o-realtime-x gpt-4o-realtime-preview
claude-haiku-4-50 claude-haiku-4-5
claude-haiku-4-5-turbo claude-haiku-4-5
TXT
diff expected.txt seen.txt && echo "as recorded"
