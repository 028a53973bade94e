/**
 * The same items with the Vercel AI SDK: `generateText`, 100 at once by p-limit, one JSON line a result.
 * `node generate-text.mjs WARM_UP INPUT OUTPUT MODEL`. The inputs are Nightshift's JSONL.
 */
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { finished } from "node:stream/promises";
import { createOpenAI } from "@ai-sdk/openai";
import { generateText } from "ai";
import pLimit from "p-limit";
import { measured } from "../measure/meter.ts";

const [warmUp, input, output, name] = process.argv.slice(2);
const model = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL }).chat(name);

async function answer(file, to) {
  const limit = pLimit(100);
  const results = createWriteStream(to);
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  const ask = async (line) => {
    const { custom_id, user_message } = JSON.parse(line);
    // What Nightshift sends for an item that sets nothing.
    const settings = { temperature: 0, maxOutputTokens: 4096, maxRetries: 0 };
    const { text, usage, finishReason } = await generateText({ model, prompt: user_message, ...settings });
    results.write(`${JSON.stringify({ custom_id, text, usage, finishReason })}\n`);
  };
  await Promise.all(lines.map((line) => limit(() => ask(line))));
  results.end();
  await finished(results);
}

await answer(warmUp, `${output}.warm-up`);
process.send({ measurement: await measured(() => answer(input, output)) });
